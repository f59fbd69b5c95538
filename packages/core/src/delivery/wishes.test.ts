import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { reached, type SendingShop, sendingShop } from "./shop.fixture.ts";

const DAY_MS = 86_400_000;

/** A shop with a topic, and a way to send a post about it. */
async function openTopics(...args: Parameters<typeof sendingShop>) {
  const opened = sendingShop(...args);
  await opened.shop.preferences.topics.define({ key: "offers", name: "Offers" });
  return opened;
}

async function launchAbout(
  { shop, time }: SendingShop,
  segmentIds: readonly string[],
  post: { readonly topic?: string; readonly purpose?: "marketing" | "transactional" },
  budget = { total: money("EUR", 100) },
) {
  const { id } = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds,
    budget,
  });
  const created = await shop.posts.create(id, { channel: "mail", content: { text: "Hello" }, ...post });
  await shop.campaigns.launch(id);
  return { campaignId: id, postId: created.id };
}

describeEachDatabase("wishes of contacts", (database) => {
  it("AUD-5: who opted out of the post's topic or paused is skipped with that reason, and the outcomes add up", async () => {
    const opened = await openTopics((await database()).connect());
    const { kit, shop, time, mail } = opened;
    const { segmentId, contactIds } = await opened.people(1, 6);
    const [out, snoozed, both, , , withdrawn] = contactIds as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const until = new Date(time.now().getTime() + DAY_MS);
    for (const id of [out, both, withdrawn])
      await shop.preferences.setTopic(id, { topic: "offers", state: "opted-out", source: "page" });
    for (const id of [snoozed, both])
      await shop.preferences.setCadence(id, { channel: "email", snoozedUntil: until, source: "page" });
    await shop.consents.set(withdrawn, { channel: "email", state: "withdrawn", source: "page" });
    const { postId } = await launchAbout(opened, [segmentId], { topic: "offers" });
    await time.advance("1h", kit);
    expect((await shop.posts.get(postId)).topic).toBe("offers");
    expect(await shop.posts.progress(postId)).toMatchObject({
      audience: 6,
      sent: 2,
      skipped: 4,
      pending: 0,
      failed: 0,
      uncertain: 0,
    });
    const reasons = (await shop.deliveries.list({ postId, states: ["skipped"] })).items.map(
      ({ reason }) => reason,
    );
    expect(reasons.sort()).toEqual(["consent-withdrawn", "snoozed", "topic-opt-out", "topic-opt-out"]);
    expect(reached(mail)).toEqual({ "p4@example.com": 1, "p5@example.com": 1 });
    const other = await launchAbout(opened, [segmentId], {});
    await time.advance("1h", kit);
    expect(await shop.posts.progress(other.postId)).toMatchObject({ audience: 6, sent: 3, skipped: 3 });
    const receipt = await launchAbout(opened, [segmentId], { purpose: "transactional" });
    await time.advance("1h", kit);
    expect(await shop.posts.progress(receipt.postId)).toMatchObject({ audience: 6, sent: 6, skipped: 0 });
    await kit.stop();
  });

  it("AUD-5: a wish that comes between fan-out and sending counts", async () => {
    const opened = await openTopics((await database()).connect(), { costMicros: 1_000_000 });
    const { kit, shop, time, mail } = opened;
    const { segmentId, contactIds } = await opened.people(1, 3);
    const [out, snoozed] = contactIds as [string, string, string];
    const budget = { total: money("EUR", "0.5") };
    const { campaignId, postId } = await launchAbout(opened, [segmentId], { topic: "offers" }, budget);
    await time.settle(kit);
    // The deliveries are written, and wait for money.
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 3, pending: 3 });
    await shop.preferences.setTopic(out, { topic: "offers", state: "opted-out", source: "page" });
    const until = new Date(time.now().getTime() + DAY_MS);
    await shop.preferences.setCadence(snoozed, { channel: "email", snoozedUntil: until, source: "page" });
    await shop.budgets.set(campaignId, { total: money("EUR", 100) });
    await time.advance("1h", kit);
    const items = (await shop.deliveries.list({ postId })).items;
    expect(Object.fromEntries(items.map(({ contactId, reason }) => [contactId ?? "", reason]))).toEqual({
      [out]: "topic-opt-out",
      [snoozed]: "snoozed",
      [contactIds[2] ?? ""]: "",
    });
    expect(mail.accepted).toHaveLength(1);
    await kit.stop();
  });

  it("AUD-5, CHN-9: of the contact's wish and the workspace's policy the lower limit counts, also where there is no policy", async () => {
    const opened = await openTopics((await database()).connect());
    const { kit, shop, time, mail } = opened;
    const { segmentId, contactIds } = await opened.people(1, 3);
    const [one, many] = contactIds as [string, string, string];
    await shop.policies.set({ version: 0, maxEmailsPerContactPerWeek: 2 });
    await shop.preferences.setCadence(one, { channel: "email", maxPerWeek: 1, source: "page" });
    await shop.preferences.setCadence(many, { channel: "email", maxPerWeek: 5, source: "page" });
    const send = async (times: number): Promise<string[]> => {
      const posts: string[] = [];
      for (let n = 0; n < times; n++) {
        posts.push((await launchAbout(opened, [segmentId], {})).postId);
        await time.advance("1h", kit);
      }
      return posts;
    };
    const [, , third] = await send(3);
    expect(reached(mail)).toEqual({ "p1@example.com": 1, "p2@example.com": 2, "p3@example.com": 2 });
    const reasons = (await shop.deliveries.list({ postId: third ?? "" })).items.map(({ reason }) => reason);
    expect(reasons).toEqual(["frequency-cap", "frequency-cap", "frequency-cap"]);
    await time.advance("8d", kit);
    await shop.policies.set({ version: 1, maxEmailsPerContactPerWeek: null });
    await send(3);
    expect(reached(mail)).toEqual({ "p1@example.com": 2, "p2@example.com": 5, "p3@example.com": 5 });
    await kit.stop();
  });

  it("AUD-5: a post carries only a topic that its channel and purpose have; a copy carries it too", async () => {
    const opened = await openTopics((await database()).connect());
    const { kit, shop, time } = opened;
    await shop.preferences.topics.define({ key: "texts", name: "Text messages", channel: "phone" });
    await shop.preferences.topics.define({ key: "orders", name: "Orders", purpose: "transactional" });
    const { id } = await shop.campaigns.create({
      name: "Spring",
      timeZone: "UTC",
      startsAt: new Date(time.now().getTime() + DAY_MS),
      channels: ["mail"],
    });
    const post = { channel: "mail", content: { text: "Hello" } } as const;
    for (const topic of ["nothing", "texts", "orders", "'; drop table ck_topics; --"])
      await expect(shop.posts.create(id, { ...post, topic })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        details: { issues: [{ path: ["topic"] }] },
      });
    const { id: postId, version } = await shop.posts.create(id, { ...post, topic: "offers" });
    const approved = await shop.posts.approve(postId, version);
    await expect(
      shop.posts.update(postId, { version: approved.version, purpose: "transactional" }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED", details: { issues: [{ path: ["topic"] }] } });
    const changed = await shop.posts.update(postId, {
      version: approved.version,
      purpose: "transactional",
      topic: "orders",
    });
    // Others get it now than those whom the approver had in mind.
    expect(changed).toMatchObject({ topic: "orders", purpose: "transactional", approvedBy: null });
    const copy = await shop.campaigns.duplicate(id);
    expect(await shop.posts.list(copy.id)).toMatchObject([{ topic: "orders", purpose: "transactional" }]);
    const none = await shop.posts.update(postId, { version: changed.version, topic: null });
    expect(none.topic).toBeNull();
    await kit.stop();
  });

  it("AUD-5: everybody sees a public channel, so that a post on it carries no topic", async () => {
    const { kit, shop, time } = sendingShop((await database()).connect(), { reach: "public" });
    await shop.preferences.topics.define({ key: "offers", name: "Offers" });
    const { id } = await shop.campaigns.create({
      name: "Wall",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
    });
    await expect(
      shop.posts.create(id, { channel: "mail", content: { text: "Hello" }, topic: "offers" }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED", details: { issues: [{ path: ["topic"] }] } });
    await kit.stop();
  });
});
