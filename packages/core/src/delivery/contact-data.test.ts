import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { type ScriptedChannelOptions, scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const granted = [{ channel: "email" as const, state: "granted" as const, source: "form" }];
const HOUR_MS = 3_600_000;

/** Ann and Anna, one campaign to both. `post` sends one more message, an hour later. */
async function shopOfTwo(database: TestDatabase, script: ScriptedChannelOptions["script"] = []) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct", script });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    runtime: time.runtime,
    tracking: { baseUrl: "https://shop.example/t" },
  });
  const shop = kit.workspace("shop");
  const contact = async (email: string): Promise<string> =>
    (await shop.contacts.upsert({ email, consents: granted })).contact.id;
  const [ann, anna] = [await contact("ann@example.com"), await contact("anna@example.com")];
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  await shop.segments.addMembers(segment.id, [ann, anna]);
  const campaign = await shop.campaigns.create({
    name: "C",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [segment.id],
  });
  await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hi" } });
  await shop.campaigns.launch(campaign.id);
  await time.settle(kit);
  const post = async (segmentIds = [segment.id]): Promise<string> => {
    const more = await shop.campaigns.create({
      name: `C ${time.now().toISOString()}`,
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
      segmentIds,
    });
    const { id } = await shop.posts.create(more.id, { channel: "mail", content: { text: "More" } });
    await shop.campaigns.launch(more.id);
    await time.advance("1h", kit);
    return id;
  };
  return { time, mail, kit, shop, ann, anna, post };
}

describeEachDatabase("what delivery knows about people", (database) => {
  it("AUD-1: is in a contact's export, goes along on a merge, and loses what the far side quoted on erasure", async () => {
    const time = virtualTime();
    const mail = scriptedChannel({ reach: "direct", script: [{ fail: "rejected-recipient" }] });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: { mail },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const ann = (await shop.contacts.upsert({ email: "ann@example.com", consents: granted })).contact;
    const segment = await shop.segments.create({ name: "All", kind: "static" });
    await shop.segments.addMembers(segment.id, [ann.id]);
    const campaign = await shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
      segmentIds: [segment.id],
    });
    await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hi" } });
    await shop.campaigns.launch(campaign.id);
    await time.settle(kit);
    const exported = await shop.contacts.exportContact(ann.id);
    expect(exported.more["deliveries"]).toMatchObject([
      { contactId: ann.id, state: "failed", reason: "rejected-recipient" },
    ]);

    const anna = (await shop.contacts.upsert({ email: "anna@example.com", consents: granted })).contact;
    await shop.contacts.merge({ from: ann.id, into: anna.id });
    expect((await shop.deliveries.list({ contactId: anna.id })).items).toMatchObject([{ state: "failed" }]);

    await shop.contacts.erase(anna.id);
    const [kept] = (await shop.deliveries.list({ contactId: anna.id })).items;
    expect(kept).toMatchObject({ state: "failed", error: null });
    await kit.stop();
  });

  it("AUD-1, CHN-12: the unsubscribe link of a message to a merged contact unsubscribes who they are now", async () => {
    const { mail, kit, shop, ann, anna } = await shopOfTwo(await database());
    const link = mail.accepted.find(({ message }) => message.to?.contactId === ann)?.message.unsubscribeUrl;
    await shop.contacts.merge({ from: ann, into: anna });
    const body = new URLSearchParams("List-Unsubscribe=One-Click");
    const answer = await kit.trackingHandler(new Request(link ?? "", { method: "POST", body }));
    expect(answer.status).toBe(200);
    expect(await shop.consents.list(anna)).toMatchObject([{ state: "withdrawn", source: "one-click" }]);
    const { more } = await shop.contacts.exportContact(anna);
    expect(more["deliveries"]).toMatchObject([{ state: "sent" }, { state: "sent" }]);
    expect(more["events"]).toMatchObject([{ type: "sent" }, { type: "sent" }, { type: "unsubscribe" }]);
    await kit.stop();
  });

  it("AUD-1: what the far side quoted of a merged contact is forgotten, and at the latest with who they are now", async () => {
    const { kit, shop, ann, anna } = await shopOfTwo(await database(), [
      { fail: "rejected-recipient" },
      { fail: "rejected-recipient" },
    ]);
    const errors = async (contactId: string) =>
      (await shop.deliveries.list({ contactId })).items.map(({ error }) => error);
    expect(await errors(ann)).toEqual([expect.any(String)]);
    await shop.contacts.merge({ from: ann, into: anna });
    expect(await errors(ann)).toEqual([null]);
    expect(await errors(anna)).toEqual([expect.any(String)]);
    await shop.contacts.delete(anna);
    expect(await errors(anna)).toEqual([null]);
    await kit.stop();
  });

  it("AUD-1, CAM-8: a merged contact brings its recent messages along into the cap of three a week", async () => {
    const { time, mail, kit, shop, ann, anna, post } = await shopOfTwo(await database());
    const alone = await shop.segments.create({ name: "Ann", kind: "static" });
    await shop.segments.addMembers(alone.id, [ann]);
    await post([alone.id]);
    expect(mail.accepted).toHaveLength(3);
    // Two to Ann and one to Anna, who are the same person: that makes three.
    await shop.contacts.merge({ from: ann, into: anna });
    expect(await shop.posts.progress(await post())).toMatchObject({
      sent: 0,
      reasons: { skipped: { "frequency-cap": 1 } },
    });
    time.pass(7 * 24 * HOUR_MS);
    expect(await shop.posts.progress(await post())).toMatchObject({ sent: 1 });
    await kit.stop();
  });
});
