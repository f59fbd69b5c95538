import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const BASE = "https://shop.example/t";

/** A shop with one person, and a post to her that was never sent. */
async function drafted(database: TestDatabase, text: string) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct", costMicros: 10_000 });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    runtime: time.runtime,
    tracking: { baseUrl: BASE },
  });
  await kit.migrate();
  const shop = kit.workspace("shop");
  const { contact } = await shop.contacts.upsert({ email: "ada@people.example", firstName: "Ada" });
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  await shop.segments.addMembers(segment.id, [contact.id]);
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [segment.id],
  });
  const post = await shop.posts.create(campaign.id, {
    channel: "mail",
    content: { text, whenMissing: "fail" },
  });
  return { time, mail, kit, shop, contactId: contact.id, campaignId: campaign.id, postId: post.id };
}

describeEachDatabase("a post before it goes out", (database) => {
  it("CHN-2: is shown as a contact, or somebody made up, would read it", async () => {
    const { kit, shop, postId, contactId } = await drafted(await database(), "Hello {{ firstName }}");
    expect(await shop.posts.preview(postId, { for: { contactId } })).toEqual({ text: "Hello Ada" });
    const recipient = { address: "bo@people.example", firstName: "Bo" };
    expect(await shop.posts.preview(postId, { for: { recipient } })).toEqual({ text: "Hello Bo" });
    await expect(shop.posts.preview(postId)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["for", "firstName"] }] },
    });
    await expect(
      shop.posts.preview(postId, { for: { contactId: "01a4001a-7c00-7000-8001-13529e27e677" } }),
    ).rejects.toMatchObject({ code: "NOT_FOUND", details: { entity: "contact" } });
    await kit.stop();
  });

  it("CHN-2: goes to one address as a test: with the links of a real message, and without a trace in the campaign", async () => {
    const { kit, mail, shop, campaignId, postId, contactId } = await drafted(
      await database(),
      "Hello {{ firstName }}, see https://shop.example/spring",
    );
    await shop.posts.testSend(postId, { to: "me@shop.example", as: { contactId } });
    const [sent, ...others] = mail.accepted;
    expect(others).toEqual([]);
    expect(sent?.message).toMatchObject({
      to: { address: "me@shop.example" },
      text: "Hello Ada, see https://shop.example/spring",
      openUrl: null,
      unsubscribeUrl: expect.stringContaining(`${BASE}/u/`),
      preferencesUrl: expect.stringContaining(`${BASE}/p/`),
    });
    const url = sent?.message.unsubscribeUrl ?? "";
    const confirmed = await kit.trackingHandler(
      new Request(url, { method: "POST", body: new URLSearchParams({ "List-Unsubscribe": "One-Click" }) }),
    );
    expect(confirmed.status).toBe(404);
    expect((await shop.consents.list(contactId)).filter(({ state }) => state === "withdrawn")).toEqual([]);
    expect(await shop.deliveries.progress(campaignId)).toMatchObject({ audience: 0 });
    const { items } = await shop.activity.list({ types: ["post.test-sent"] });
    expect(items.map(({ subject }) => subject)).toEqual([{ type: "post", id: postId }]);
    await kit.stop();
  });
});
