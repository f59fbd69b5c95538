import { createCampaignKit, type PostsService } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

/** A draft post on the channel "wall" of a host that has another one, "board", with the same kind of content. */
async function draft(database: TestDatabase) {
  const time = virtualTime();
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { wall: scriptedChannel({ reach: "public" }), board: scriptedChannel({ reach: "public" }) },
    runtime: time.runtime,
  });
  const shop = kit.workspace("shop");
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["wall", "board"],
  });
  const post = await shop.posts.create(campaign.id, { channel: "wall", content: { text: "A" }, draft: true });
  return { kit, shop, post };
}

describeEachDatabase("changing a post", (database) => {
  it("CHN-1: takes new content with the name of its channel", async () => {
    const { kit, shop, post } = await draft(await database());
    const changed = await shop.posts.update(post.id, {
      version: post.version,
      channel: "wall",
      content: { text: "B" },
    });
    expect(changed).toMatchObject({ content: { text: "B" }, contentVersion: 2, version: 2, held: null });
    const { items } = await shop.activity.list({ types: ["post.updated"] });
    expect(items[0]?.data).toMatchObject({ changed: ["content"] });
    await kit.stop();
  });

  it("CHN-1: refuses the content of another channel, and content whose channel is not said", async () => {
    const { kit, shop, post } = await draft(await database());
    const refused = {
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["channel"], message: expect.stringContaining('"wall"') }] },
    };
    await expect(
      shop.posts.update(post.id, { version: 1, channel: "board", content: { text: "B" } }),
    ).rejects.toMatchObject(refused);
    // As a caller without types can.
    const untyped: PostsService = shop.posts;
    await expect(
      untyped.update(post.id, { version: 1, content: { text: "B" } } as never),
    ).rejects.toMatchObject(refused);
    await expect(
      untyped.update(post.id, { version: 1, channel: "wall", content: { colour: "red" } }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: expect.arrayContaining([expect.objectContaining({ path: ["content", "text"] })]) },
    });
    expect(await shop.posts.get(post.id)).toMatchObject({ content: { text: "A" }, version: 1 });
    await kit.stop();
  });

  it("says of a stale version that the post has changed", async () => {
    const { kit, shop, post } = await draft(await database());
    await shop.posts.update(post.id, { version: 1, sequence: 5 });
    await expect(
      shop.posts.update(post.id, { version: 1, channel: "wall", content: { text: "B" } }),
    ).rejects.toMatchObject({ code: "STALE_VERSION", details: { expected: 1, actual: 2 } });
    await kit.stop();
  });
});
