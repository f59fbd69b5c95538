import { createCampaignKit, type Post } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

/** A shop with two channels, two segments of ten people each, and a draft to the first segment. */
async function planning(database: TestDatabase) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct" });
  const wall = scriptedChannel({ id: "wall", reach: "public" });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail, wall },
    runtime: time.runtime,
    tracking: { baseUrl: "https://shop.example/t" },
  });
  await kit.migrate();
  const shop = kit.workspace("shop");
  const segments: string[] = [];
  for (const name of ["few", "more"]) {
    const { items } = await shop.contacts.upsertMany(
      Array.from({ length: 10 }, (_, n) => ({
        email: `${name}${n}@example.com`,
        consents: [{ channel: "email", state: "granted", source: "form" }] as const,
      })),
    );
    const segment = await shop.segments.create({ name, kind: "static" });
    await shop.segments.addMembers(
      segment.id,
      items.flatMap((item) => ("contactId" in item ? [item.contactId] : [])),
    );
    segments.push(segment.id);
  }
  const [few = "", more = ""] = segments;
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail", "wall"],
    segmentIds: [few],
  });
  const add = (text: string, draft = false): Promise<Post> =>
    shop.posts.create(campaign.id, { channel: "mail", content: { text }, draft });
  const textsOf = async (campaignId: string): Promise<readonly unknown[]> =>
    (await shop.posts.list(campaignId)).map(({ content, state }) => [
      (content as { text: string }).text,
      state,
    ]);
  return { time, mail, kit, shop, campaign, few, more, add, textsOf };
}

describeEachDatabase("posts and their campaign's plan", (database) => {
  it("CAM-2: a channel with posts can't be taken out of the plan before these are cancelled", async () => {
    const { kit, shop, campaign, add } = await planning(await database());
    const post = await add("Hello");
    const change = { version: campaign.version, channels: ["wall"] } as const;
    await expect(shop.campaigns.update(campaign.id, change)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["channels"] }] },
    });
    expect((await shop.campaigns.get(campaign.id)).channels).toHaveLength(2);
    await shop.posts.cancel(post.id);
    const { channels } = await shop.campaigns.update(campaign.id, change);
    expect(channels.map(({ channel }) => channel)).toEqual(["wall"]);
    await kit.stop();
  });

  it("CAM-4: a copy has the posts that were meant to go out, on the channels that it uses", async () => {
    const { kit, shop, campaign, add, textsOf } = await planning(await database());
    await add("planned");
    await add("draft", true);
    await shop.posts.cancel((await add("called off")).id);
    await shop.campaigns.launch(campaign.id);
    await shop.campaigns.cancel(campaign.id);
    const copy = await shop.campaigns.duplicate(campaign.id);
    expect(await textsOf(copy.id)).toEqual([
      ["planned", "planned"],
      ["draft", "draft"],
    ]);
    const publicOnly = await shop.campaigns.duplicate(campaign.id, { channels: ["wall"] });
    expect(await textsOf(publicOnly.id)).toEqual([]);
    const { items } = await shop.activity.list({ types: ["posts.cancelled"] });
    expect(items.map(({ data }) => data)).toEqual([
      { campaignId: campaign.id, count: 2, reason: expect.any(String) },
    ]);
    await kit.stop();
  });

  it("CNT-5, CAM-8: an approval does not outlive the audience that it was given for", async () => {
    const { time, kit, mail, shop, campaign, few, more, add } = await planning(await database());
    const { version } = await shop.policies.get();
    await shop.policies.set({ version, approvalRequiredAbove: 5 });
    const post = await add("Hello");
    expect((await shop.posts.approve(post.id, post.version)).approvedBy).not.toBeNull();
    await shop.campaigns.update(campaign.id, { version: campaign.version, segmentIds: [few, more] });
    expect((await shop.posts.get(post.id)).approvedBy).toBeNull();
    await shop.campaigns.launch(campaign.id);
    await time.advance("1h", kit);
    expect(mail.accepted).toHaveLength(0);
    const waiting = await shop.posts.get(post.id);
    expect(waiting.state).toBe("awaiting-approval");
    await shop.posts.approve(post.id, waiting.version);
    await time.advance("1h", kit);
    expect(mail.accepted).toHaveLength(20);
    await kit.stop();
  });
});
