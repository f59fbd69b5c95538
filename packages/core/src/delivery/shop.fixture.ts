/** What tests of sending stand on: an engine in virtual time, a scripted far side, people who consented, and a campaign to them. */
import {
  type CampaignInput,
  type CampaignKit,
  createCampaignKit,
  type NewPost,
  type SqlDriver,
} from "@campaignkit/core";
import {
  type ScriptedChannel,
  type ScriptedChannelOptions,
  scriptedChannel,
  type VirtualTime,
  virtualTime,
} from "@campaignkit/testing";

/** A shop, and what its tests need. */
export interface SendingShop {
  readonly time: VirtualTime;
  readonly mail: ScriptedChannel;
  readonly kit: CampaignKit<{ mail: ScriptedChannel }>;
  readonly shop: ReturnType<SendingShop["kit"]["workspace"]>;
  /** A segment of people `p<first>` to `p<last>`, with consent unless said otherwise. */
  people(
    first: number,
    last: number,
    consent?: boolean,
  ): Promise<{ readonly segmentId: string; readonly contactIds: readonly string[] }>;
  /** A launched campaign with one post to the segments. */
  launch(
    segmentIds: readonly string[],
    more?: {
      readonly post?: Partial<NewPost<{ mail: ScriptedChannel }, "mail">>;
      readonly campaign?: Partial<CampaignInput<{ mail: ScriptedChannel }>>;
    },
  ): Promise<{ readonly campaignId: string; readonly postId: string }>;
}

export function sendingShop(
  storage: SqlDriver,
  options: Partial<ScriptedChannelOptions> = {},
  time = virtualTime(),
): SendingShop {
  const mail = scriptedChannel({ reach: "direct", ...options });
  const kit = createCampaignKit({ storage, channels: { mail }, runtime: time.runtime });
  const shop = kit.workspace("shop");
  return {
    time,
    mail,
    kit,
    shop,
    async people(first, last, consent = true) {
      const consents = consent ? ([{ channel: "email", state: "granted", source: "form" }] as const) : [];
      const people = Array.from({ length: last - first + 1 }, (_, n) => ({
        email: `p${first + n}@example.com`,
        consents,
      }));
      const { items } = await shop.contacts.upsertMany(people);
      const contactIds = items.flatMap((item) => ("contactId" in item ? [item.contactId] : []));
      const segment = await shop.segments.create({
        name: `p${first} to p${last} ${contactIds[0]}`,
        kind: "static",
      });
      if (contactIds.length > 0) await shop.segments.addMembers(segment.id, contactIds);
      return { segmentId: segment.id, contactIds };
    },
    async launch(segmentIds, { post = {}, campaign = {} } = {}) {
      const { id } = await shop.campaigns.create({
        name: "Spring",
        timeZone: "UTC",
        startsAt: time.now(),
        channels: ["mail"],
        segmentIds,
        ...campaign,
      });
      const created = await shop.posts.create(id, { channel: "mail", content: { text: "Hello" }, ...post });
      await shop.campaigns.launch(id);
      return { campaignId: id, postId: created.id };
    },
  };
}

/** How often each address was really reached. */
export function reached({ accepted }: ScriptedChannel): Readonly<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const { message } of accepted) {
    const address = message.to?.address ?? "";
    times[address] = (times[address] ?? 0) + 1;
  }
  return times;
}
