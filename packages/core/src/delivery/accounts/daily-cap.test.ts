import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { fleet } from "./fleet.fixture.ts";

/** How many were accepted on each day of the zone. */
function perDay(accepted: readonly { readonly at: Date }[], timeZone: string): readonly number[] {
  const days = accepted.map(({ at }) => at.toLocaleDateString("sv-SE", { timeZone }));
  return [...new Set(days)].sort().map((day) => days.filter((each) => each === day).length);
}

describeEachDatabase("the day of an account", (database) => {
  it("CHN-9: racing processes never send more in a day than the cap, over all campaigns; the rest goes out on the next, and the post says so", async () => {
    const limits = { concurrency: 4, perDay: { timeZone: "Europe/Berlin", max: 25 } };
    const w = fleet(
      await database(),
      { limits },
      { size: 3, workers: { batchSize: 7 }, startAt: "2027-03-27T20:00:00Z" },
    );
    const one = await w.launch("shop", 40);
    await w.launch("other", 20);
    await Promise.all(w.kits.map((kit) => kit.tick()));
    await w.time.advance("2s", ...w.kits);
    expect(w.mail.accepted).toHaveLength(25);
    const { posts } = (w.kits[1] as (typeof w.kits)[number]).workspace("shop");
    expect(await posts.get(one.postId)).toMatchObject({
      state: "sending",
      held: { reason: "daily-cap", until: new Date("2027-03-27T23:00:00Z") },
    });
    expect((await w.kits[0]?.channels.health())?.[0]?.today).toEqual({
      day: "2027-03-27",
      used: 25,
      limit: 25,
      nextDayAt: new Date("2027-03-27T23:00:00Z"),
    });
    // The day on which clocks are put forward has 23 hours, and as many messages.
    await w.time.advance("2d", ...w.kits);
    expect(perDay(w.mail.accepted, "Europe/Berlin")).toEqual([25, 25, 10]);
    expect(w.mail.accepted[25]?.at).toEqual(new Date("2027-03-27T23:00:00Z"));
    expect(w.mail.accepted[50]?.at).toEqual(new Date("2027-03-28T22:00:00Z"));
    expect(await posts.get(one.postId)).toMatchObject({ state: "sent", held: null });
    await w.stop();
  });

  it("CHN-9: what certainly did not go out gives its share of the day back", async () => {
    const limits = { concurrency: 2, perDay: { timeZone: "UTC", max: 6 } };
    const script = ({ number }: { readonly number: number }) =>
      number % 2 === 0 ? ({ fail: "rejected-recipient" } as const) : ("accept" as const);
    const w = fleet(await database(), { limits, script }, { workers: { batchSize: 3 } });
    const { postId } = await w.launch("shop", 20);
    await w.time.advance("1h", ...w.kits);
    expect(w.mail.accepted).toHaveLength(6);
    expect((await w.kits[0]?.channels.health())?.[0]?.today).toMatchObject({ used: 6, limit: 6 });
    await w.time.advance("2d", ...w.kits);
    const progress = await w.kits[0]?.workspace("shop").posts.progress(postId);
    expect(progress).toMatchObject({ audience: 20, sent: 10, failed: 10, pending: 0 });
    await w.stop();
  });

  it("CHN-9: a new account is warmed up by its plan, from the day of its first message on", async () => {
    const warmUp = { days: [2, 4], growth: 2 };
    const limits = { concurrency: 2, perDay: { timeZone: "UTC", max: 12, warmUp } };
    const w = fleet(await database(), { limits }, { size: 2 });
    await w.time.advance("5d", ...w.kits);
    const { postId } = await w.launch("shop", 50);
    await w.time.advance("6d", ...w.kits);
    expect(perDay(w.mail.accepted, "UTC")).toEqual([2, 4, 8, 12, 12, 12]);
    expect(await w.kits[0]?.workspace("shop").posts.progress(postId)).toMatchObject({ sent: 50 });
    await w.stop();
  });

  it("CHN-10: a campaign that is cancelled while it waits for the next day sends no more", async () => {
    const limits = { concurrency: 2, perDay: { timeZone: "UTC", max: 3 } };
    const w = fleet(await database(), { limits });
    const { campaignId, postId } = await w.launch("shop", 10);
    await w.time.settle(...w.kits);
    const shop = (w.kits[0] as (typeof w.kits)[number]).workspace("shop");
    await shop.campaigns.cancel(campaignId);
    await w.time.advance("3d", ...w.kits);
    expect(w.mail.accepted).toHaveLength(3);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 3, skipped: 7, pending: 0 });
    await w.stop();
  });
});
