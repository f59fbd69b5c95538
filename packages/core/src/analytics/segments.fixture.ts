/** What tests of figures by segment stand on: people, static segments, and a campaign that writes to these. */
import {
  createCampaignKit,
  definePlugin,
  type Metrics,
  type MetricsReport,
  type Scope,
} from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";

const consents = [{ channel: "email", state: "granted", source: "form" }] as const;

/** A shop with people, static segments, and a campaign that writes to these. */
export async function openSegments(database: TestDatabase, people: number, segments: number) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct" });
  const door = definePlugin<Scope>({ id: "door", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    plugins: { door },
    runtime: time.runtime,
    tracking: { baseUrl: "https://shop.example/t", clickParameter: "ck" },
  });
  const shop = kit.workspace("shop");
  const contacts: string[] = [];
  for (let n = 0; n < people; n++) {
    const { contact } = await shop.contacts.upsert({
      externalId: `p${n}`,
      email: `p${n}@example.com`,
      consents,
    });
    contacts.push(contact.id);
  }
  const segmentIds: string[] = [];
  for (let n = 0; n < segments; n++)
    segmentIds.push((await shop.segments.create({ name: `s${n}`, kind: "static" })).id);
  await shop.policies.set({ version: 0, maxEmailsPerContactPerWeek: null });
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    currency: "EUR",
    channels: ["mail"],
    segmentIds,
  });
  /** One more post, sent to whoever is in the segments now. */
  const send = async (): Promise<string> => {
    const content = { text: "See https://shop.example/a" };
    const post = await shop.posts.create(campaign.id, { channel: "mail", content });
    if ((await shop.campaigns.get(campaign.id)).state === "draft") await shop.campaigns.launch(campaign.id);
    await time.advance("5s", kit);
    return post.id;
  };
  /** Follows the link in the message of that post to that person. */
  const click = async (postId: string, contactId: string): Promise<string> => {
    const { items } = await shop.deliveries.list({ postId, limit: 500 });
    const delivery = items.find((each) => each.contactId === contactId);
    const accepted = mail.accepted.find(({ idempotencyKey }) => idempotencyKey === delivery?.id);
    await time.advance("2s", kit);
    const answer = await kit.trackingHandler(new Request(accepted?.message.links[0] ?? ""));
    return new URL(answer.headers.get("location") ?? "").searchParams.get("ck") ?? "";
  };
  return { time, kit, mail, shop, scope: shop.plugins.door, contacts, segmentIds, campaign, send, click };
}

/** The figures by segment; `none` of what counts for none. */
export function bySegment({ rows }: MetricsReport): Readonly<Record<string, Metrics>> {
  return Object.fromEntries(rows.map(({ segment, metrics }) => [segment ?? "none", metrics]));
}
