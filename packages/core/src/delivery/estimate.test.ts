import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { describe, expect, it } from "vitest";
import { type Fleet, fleet } from "./accounts/fleet.fixture.ts";
import { estimateEnd, paceOf } from "./estimate.ts";

const at = (text: string) => Date.parse(text);

/** When the post has really ended, sought by the second. */
async function endOf(w: Fleet, postId: string): Promise<Date> {
  const [kit] = w.kits;
  if (kit === undefined) throw new Error("There is no process.");
  await w.time.advance("10d", kit);
  const { finishedAt } = await kit.workspace("shop").posts.get(postId);
  if (finishedAt === null) throw new Error("The post has no end.");
  return finishedAt;
}

async function estimateOf(w: Fleet, postId: string) {
  const progress = await w.kits[0]?.workspace("shop").posts.progress(postId);
  if (progress === undefined) throw new Error("There is no process.");
  return progress;
}

describeEachDatabase("the estimated end of a post", (database) => {
  it("CHN-10: is what then happens, at a steady rate", async () => {
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 0.5 } });
    const { postId } = await w.launch("shop", 300);
    expect(await estimateOf(w, postId)).toMatchObject({ estimatedEndAt: null, noEstimate: "not-started" });
    await w.time.advance("3m", ...w.kits);
    const { estimatedEndAt, noEstimate } = await estimateOf(w, postId);
    expect(noEstimate).toBeNull();
    const error = (estimatedEndAt?.getTime() ?? 0) - (await endOf(w, postId)).getTime();
    expect(Math.abs(error)).toBeLessThan(30_000);
    expect(await estimateOf(w, postId)).toMatchObject({ estimatedEndAt: null, noEstimate: "ended" });
    await w.stop();
  });

  it("CHN-10: knows the days of an account that is warmed up", async () => {
    const perDay = { timeZone: "UTC", max: 100, warmUp: { days: [30, 60] } };
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 1, perDay } });
    const { postId } = await w.launch("shop", 150);
    await w.time.advance("2h", ...w.kits);
    const { estimatedEndAt } = await estimateOf(w, postId);
    const end = await endOf(w, postId);
    expect(end.toISOString().slice(0, 10)).toBe("2027-03-03");
    // The first day's half a minute of work was counted as a minute's.
    expect(Math.abs((estimatedEndAt?.getTime() ?? 0) - end.getTime())).toBeLessThan(120_000);
    await w.stop();
  });

  it("CHN-10: knows the nights of its recipients", async () => {
    const limits = { concurrency: 1, perSecond: 0.5 };
    const w = fleet(await database(), { limits }, { startAt: "2027-03-01T20:55:00Z" });
    const { postId } = await w.launch("shop", 300, { quietHours: { from: "21:00", to: "08:00" } });
    await w.time.advance("3m", ...w.kits);
    const evening = (await estimateOf(w, postId)).estimatedEndAt;
    await w.time.advance("3h", ...w.kits);
    const night = (await estimateOf(w, postId)).estimatedEndAt;
    const end = await endOf(w, postId);
    expect(end.toISOString().slice(0, 15)).toBe("2027-03-02T08:0");
    for (const estimate of [evening, night])
      expect(Math.abs((estimate?.getTime() ?? 0) - end.getTime())).toBeLessThan(60_000);
    await w.stop();
  });

  it("CHN-10: is not made up for a post that somebody holds", async () => {
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 1 } });
    const { campaignId, postId } = await w.launch("shop", 100);
    await w.time.advance("10s", ...w.kits);
    const shop = w.kits[0]?.workspace("shop");
    await shop?.campaigns.pause(campaignId);
    expect(await estimateOf(w, postId)).toMatchObject({
      estimatedEndAt: null,
      noEstimate: "campaign-paused",
    });
    expect(await shop?.deliveries.progress(campaignId)).toMatchObject({ noEstimate: "campaign-paused" });
    await w.stop();
  });
});

describe("an estimate", () => {
  const outlook = { quietHours: [], timeZone: "UTC", daily: null, later: [] };

  it("CHN-10: takes the pace of the last minutes in a row", () => {
    const now = at("2027-03-01T10:05:30Z");
    const minute = (time: string, n: number) => ({ at: at(`2027-03-01T${time}:00Z`), n });
    expect(paceOf([], 0, now)).toBeNull();
    expect(paceOf([minute("10:05", 30), minute("10:04", 60), minute("09:30", 6_000)], 0, now)).toBe(60);
    expect(paceOf([minute("10:05", 30)], at("2027-03-01T10:05:20Z"), now)).toBe(180);
    // After a wait, the last that is known.
    expect(paceOf([minute("08:00", 45), minute("07:59", 45)], 0, now)).toBe(45);
  });

  it("CHN-10: waits for those that are due later, and for the next day where this one is full", () => {
    const now = at("2027-03-01T10:00:00Z");
    const later = [{ at: at("2027-03-01T12:00:00Z"), n: 60 }];
    expect(estimateEnd({ ...outlook, now, pending: 120, pace: 60, later })).toBe(at("2027-03-01T12:01:00Z"));
    const daily = { timeZone: "UTC", left: 30, shareOf: () => 45 };
    expect(estimateEnd({ ...outlook, now, pending: 120, pace: 60, daily })).toBe(at("2027-03-03T00:00:45Z"));
    expect(estimateEnd({ ...outlook, now, pending: 1e9, pace: 1, daily })).toBeNull();
  });
});
