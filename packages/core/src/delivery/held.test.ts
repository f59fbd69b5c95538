import { type CampaignKit, createCampaignKit, HOLD_REASONS, money, type Post } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, type VirtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { reached, sendingShop } from "./shop.fixture.ts";

/** Another process on the same database and clock, whose host registers only a channel of another name. */
function forgetful(database: TestDatabase, time: VirtualTime) {
  return createCampaignKit({
    storage: database.connect(),
    channels: { pigeon: scriptedChannel({ reach: "direct" }) },
    runtime: time.runtime,
  });
}

const heldIn = async (kit: Pick<CampaignKit, "workspace">, postId: string): Promise<Post["held"]> =>
  (await kit.workspace("shop").posts.get(postId)).held;

describeEachDatabase("what holds a post", (database) => {
  it("CHN-8: a post says that its account holds it, since when, and no longer once it is resumed", async () => {
    const { kit, shop, time, mail, people, launch } = sendingShop((await database()).connect(), {
      script: [{ fail: "auth" }],
    });
    const { segmentId } = await people(1, 3);
    const { campaignId, postId } = await launch([segmentId]);
    expect((await shop.posts.get(postId)).held).toBeNull();
    await time.settle(kit);
    const since = (await shop.posts.get(postId)).held?.since;
    expect(since?.getTime()).toBeLessThanOrEqual(time.now().getTime());
    await time.advance("1d", kit);
    expect(await shop.posts.list(campaignId)).toMatchObject([
      { id: postId, held: { reason: "auth", since } },
    ]);
    expect((await shop.deliveries.list({ postId, states: ["pending"] })).items[0]?.error).toContain("auth");
    expect((await shop.posts.resume(postId)).held).toBeNull();
    await time.advance("1m", kit);
    expect(reached(mail)).toEqual({ "p1@example.com": 1, "p2@example.com": 1, "p3@example.com": 1 });
    expect(await shop.posts.get(postId)).toMatchObject({ state: "sent", held: null });
    await expect(shop.posts.resume(postId)).rejects.toMatchObject({ code: "CONFLICT" });
    await kit.stop();
  });

  it("CHN-10: a post of a paused campaign says so, and goes on with it", async () => {
    const { kit, shop, time, people, launch } = sendingShop((await database()).connect(), {
      limits: { concurrency: 1, perSecond: 1 },
    });
    const { segmentId } = await people(1, 5);
    const { campaignId, postId } = await launch([segmentId]);
    await time.advance("2s", kit);
    const { pausedAt } = await shop.campaigns.pause(campaignId);
    expect((await shop.posts.get(postId)).held).toEqual({
      reason: "campaign-paused",
      since: pausedAt,
      until: null,
    });
    await shop.campaigns.resume(campaignId);
    expect((await shop.posts.get(postId)).held).toBeNull();
    await time.advance("1m", kit);
    expect(await shop.posts.get(postId)).toMatchObject({ state: "sent", held: null });
    await kit.stop();
  });

  it("BUD-3: a post says that its channel has no money left, and goes on once it has", async () => {
    const { kit, shop, time, people, launch } = sendingShop((await database()).connect(), {
      costMicros: 1_000_000,
    });
    const { segmentId } = await people(1, 5);
    const { campaignId, postId } = await launch([segmentId], {
      campaign: { budget: { total: money("EUR", 100) } },
    });
    await shop.budgets.set(campaignId, { channels: { mail: money("EUR", 2) } });
    await time.advance("1m", kit);
    expect(await shop.posts.get(postId)).toMatchObject({ held: { reason: "budget-exhausted" } });
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 2, pending: 3 });
    await shop.budgets.set(campaignId, { channels: { mail: money("EUR", 10) } });
    await time.advance("1m", kit);
    expect(await shop.posts.get(postId)).toMatchObject({ state: "sent", held: null });
    await kit.stop();
  });

  it("CHN-1: a post that nobody has the channel to start says so after a minute, and starts where it is registered again", async () => {
    const opened = await database();
    const { kit, shop, time, mail, people, launch } = sendingShop(opened.connect());
    const { segmentId } = await people(1, 3);
    const { campaignId, postId } = await launch([segmentId]);
    const other = forgetful(opened, time);
    const told: string[] = [];
    other.on("post.held", ({ reason }) => void told.push(reason));
    const since = time.now();
    await time.advance("50s", other);
    expect(await heldIn(other, postId)).toBeNull();
    await time.advance("30m", other);
    expect(await heldIn(other, postId)).toEqual({ reason: "channel-missing", since, until: null });
    expect(await shop.posts.list(campaignId)).toMatchObject([{ state: "planned", held: { since } }]);
    expect(told).toEqual(["channel-missing"]);
    expect((await shop.jobs.listDead()).items).toEqual([]);
    await other.stop();
    await time.advance("2m", kit);
    expect(reached(mail)).toEqual({ "p1@example.com": 1, "p2@example.com": 1, "p3@example.com": 1 });
    expect(await heldIn(kit, postId)).toBeNull();
    await kit.stop();
  });

  it("CHN-1: resuming a post without its channel says what is missing, and with it starts the post at once", async () => {
    const opened = await database();
    const { kit, shop, time, mail, people, launch } = sendingShop(opened.connect());
    const { segmentId } = await people(1, 1);
    const { postId } = await launch([segmentId]);
    const other = forgetful(opened, time);
    await time.advance("5m", other);
    await expect(other.workspace("shop").posts.resume(postId)).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
      message: expect.stringContaining("pigeon"),
    });
    await other.stop();
    expect((await shop.posts.resume(postId)).held).toBeNull();
    await time.settle(kit);
    expect(reached(mail)).toEqual({ "p1@example.com": 1 });
    await kit.stop();
  });

  it("CHN-1: a post under way whose channel goes missing says so, and ends where it is registered again, nobody twice", async () => {
    const opened = await database();
    const { kit, time, mail, people, launch } = sendingShop(opened.connect(), {
      limits: { concurrency: 1, perSecond: 2 },
    });
    const { segmentId } = await people(1, 5);
    const { postId } = await launch([segmentId]);
    await time.settle(kit);
    const other = forgetful(opened, time);
    const told: string[] = [];
    other.on("post.held", ({ reason }) => void told.push(reason));
    await time.advance("30m", other);
    expect(await heldIn(other, postId)).toMatchObject({ reason: "channel-missing" });
    expect(told).toEqual(["channel-missing"]);
    await time.advance("1m", kit);
    expect(await heldIn(kit, postId)).toBeNull();
    expect(Object.values(reached(mail))).toEqual([1, 1, 1, 1, 1]);
    await time.advance("30m", other);
    expect(told).toHaveLength(1);
    await other.stop();
    await kit.stop();
  });

  it("CHN-1: a channel that goes missing before the audience is written keeps the post, and loses nobody", async () => {
    const opened = await database();
    const { kit, shop, time, mail, people, launch } = sendingShop(opened.connect());
    const { segmentId } = await people(1, 3);
    const { postId } = await launch([segmentId]);
    const other = forgetful(opened, time);
    // The start, and no more: the writing of the audience is a job of its own, which the other process takes.
    while ((await shop.posts.get(postId)).state === "planned") await kit.tick();
    await time.advance("10m", other);
    expect(await heldIn(other, postId)).toMatchObject({ reason: "channel-missing" });
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 0 });
    await other.stop();
    await time.advance("2m", kit);
    expect(await shop.posts.get(postId)).toMatchObject({ state: "sent", held: null });
    expect(Object.values(reached(mail))).toEqual([1, 1, 1]);
    await kit.stop();
  });

  it("CAM-3: a campaign whose post has no channel can be cancelled, and leaves nothing behind", async () => {
    const opened = await database();
    const { kit, shop, time, people, launch } = sendingShop(opened.connect());
    const { segmentId } = await people(1, 3);
    const { campaignId, postId } = await launch([segmentId]);
    while ((await shop.posts.get(postId)).state === "planned") await kit.tick();
    const other = forgetful(opened, time);
    await time.advance("10m", other);
    await other.workspace("shop").campaigns.cancel(campaignId);
    await time.advance("1h", other);
    expect(await shop.posts.get(postId)).toMatchObject({ state: "cancelled", held: null });
    expect((await shop.jobs.listDead()).items).toEqual([]);
    const { rows } = await opened.connect().execute({ sql: "select kind from ck_jobs", parameters: [] });
    expect(rows).toEqual([]);
    await other.stop();
    await kit.stop();
  });

  it("CHN-1: a post that is moved or called off while its channel is missing starts its wait anew", async () => {
    const opened = await database();
    const { kit, shop, time, people, launch } = sendingShop(opened.connect());
    const { segmentId } = await people(1, 1);
    const { postId } = await launch([segmentId]);
    const other = forgetful(opened, time);
    const there = other.workspace("shop").posts;
    await time.advance("5m", other);
    const { version } = await there.get(postId);
    const tomorrow = new Date(time.now().getTime() + 86_400_000);
    expect((await there.update(postId, { version, scheduledAt: tomorrow })).held).toBeNull();
    await time.advance("1h", other);
    expect(await heldIn(other, postId)).toBeNull();
    await time.advance("1d", other);
    expect(await heldIn(other, postId)).toEqual({
      reason: "channel-missing",
      since: tomorrow,
      until: null,
    });
    expect(await shop.posts.cancel(postId)).toMatchObject({ state: "cancelled", held: null });
    await time.advance("1h", other);
    expect(await heldIn(other, postId)).toBeNull();
    await other.stop();
    await kit.stop();
  });

  it("CHN-8: a post whose start was given up says so, and starts when it is resumed", async () => {
    const storage = (await database()).connect();
    const { kit, shop, time, mail, people, launch } = sendingShop(storage);
    const { segmentId } = await people(1, 2);
    const { postId } = await launch([segmentId]);
    // As it is after the last attempt, whatever failed.
    await storage.execute({
      sql: "update ck_jobs set state = 'dead', last_error = 'The database was away.' where kind = 'post.start'",
      parameters: [],
    });
    await time.advance("1h", kit);
    expect(await shop.posts.get(postId)).toMatchObject({
      state: "planned",
      held: { reason: "internal-error" },
    });
    expect((await shop.posts.resume(postId)).held).toBeNull();
    await time.settle(kit);
    expect(Object.values(reached(mail))).toEqual([1, 1]);
    expect((await shop.jobs.listDead()).items).toEqual([]);
    await kit.stop();
  });

  it("CHN-8: each reason is a word that a UI can look up", () => {
    expect(HOLD_REASONS).toHaveLength(new Set(HOLD_REASONS).size);
    for (const reason of HOLD_REASONS) expect(reason).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});
