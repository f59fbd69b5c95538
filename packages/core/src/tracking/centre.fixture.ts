/** What tests of the preference centre stand on: an engine in virtual time, people who got a message, and the links that were in it. */
import { createCampaignKit, type PageOptions } from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";

const BASE = "https://shop.example/t";

/** An engine with the topics `news`, `offers` and the hidden `internal`, and Ann and Bob, who were written to. */
export async function openCentre(database: TestDatabase, pages: PageOptions = {}) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct" });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    runtime: time.runtime,
    tracking: { baseUrl: BASE, signingKey: "a key of the host's own, at least 32 bytes long", pages },
  });
  const shop = kit.workspace("shop");
  const { topics } = shop.preferences;
  await topics.define({
    key: "news",
    name: "News",
    description: "What is new",
    translations: { de: { name: "Neuigkeiten", description: "Was es Neues gibt" } },
  });
  await topics.define({ key: "offers", name: "Offers" });
  await topics.define({ key: "internal", name: "Internal", visible: false });
  await topics.define({ key: "texts", name: "Text messages", channel: "phone" });
  const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
  const person = async (name: string): Promise<string> =>
    (await shop.contacts.upsert({ email: `${name}@example.com`, consents })).contact.id;
  const [ann, bob] = [await person("ann"), await person("bob")];
  const everybody = await shop.segments.create({ name: "Everybody", kind: "static" });
  await shop.segments.addMembers(everybody.id, [ann, bob]);
  const { id: campaignId } = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [everybody.id],
  });
  await shop.posts.create(campaignId, { channel: "mail", content: { text: "Hello" } });
  await shop.campaigns.launch(campaignId);
  await time.advance("1h", kit);
  const linkOf = (contactId: string): string =>
    mail.accepted.find(({ message }) => message.to?.contactId === contactId)?.message.preferencesUrl ?? "";
  const get = (url: string, init?: RequestInit): Promise<Response> =>
    kit.trackingHandler(new Request(url, init));
  const post = (
    url: string,
    fields: Readonly<Record<string, string | readonly string[]>>,
  ): Promise<Response> => {
    const body = new URLSearchParams();
    for (const [name, values] of Object.entries(fields))
      for (const value of [values].flat()) body.append(name, value);
    return get(url, { method: "POST", body });
  };
  /** What the engine knows that a page could have changed. */
  const state = async (contactId: string) => ({
    consents: (await shop.consents.list(contactId)).map(
      ({ purpose, state: stands }) => `${purpose} ${stands}`,
    ),
    topics: (await shop.preferences.get(contactId)).topics.map(
      ({ topic, state: stands }) => `${topic} ${stands}`,
    ),
    cadences: (await shop.preferences.get(contactId)).cadences.map(
      ({ channel, maxPerWeek, snoozedUntil }) => ({
        channel,
        maxPerWeek,
        snoozedUntil,
      }),
    ),
    events: (await shop.events.list({ contactId })).items
      .map(({ type }) => type)
      .filter((type) => type !== "sent"),
  });
  return { kit, shop, time, ann, bob, link: linkOf(ann), linkOf, get, post, state };
}

/** A page's form fields as a browser would send them, were the button pressed at once. */
export function fieldsOf(page: string): Readonly<Record<string, readonly string[]>> {
  const fields: Record<string, string[]> = {};
  const form = /<form[\s\S]*?<\/form>/.exec(page)?.[0] ?? "";
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const read = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "";
    if (read("type") === "checkbox" && !/ checked[ >]/.test(tag)) continue;
    fields[read("name")] = [...(fields[read("name")] ?? []), read("value")];
  }
  for (const [select] of form.matchAll(/<select[\s\S]*?<\/select>/g)) {
    const chosen =
      /<option value="([^"]*)" selected>/.exec(select)?.[1] ?? /<option value="([^"]*)"/.exec(select)?.[1];
    fields[/ name="([^"]*)"/.exec(select)?.[1] ?? ""] = [chosen ?? ""];
  }
  return fields;
}
