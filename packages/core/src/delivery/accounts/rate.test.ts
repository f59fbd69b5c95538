import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { fleet } from "./fleet.fixture.ts";

/** The most that were started within any span of so long. */
function most(instants: readonly number[], spanMs: number): number {
  return Math.max(
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + spanMs).length),
  );
}

describeEachDatabase("the rate of an account", (database) => {
  it("CHN-9: eight processes together keep to the limit, and use it", async () => {
    const w = fleet(await database(), { limits: { concurrency: 4, perSecond: 10 } }, { size: 8 });
    await w.launch("shop", 40);
    await w.launch("other", 20);
    const begin = w.time.now().getTime();
    await w.time.advance("8s", ...w.kits);
    const at = w.mail.accepted.map((message) => message.at.getTime());
    expect(at).toHaveLength(60);
    for (const seconds of [1, 2, 4])
      expect(most(at, seconds * 1_000)).toBeLessThanOrEqual(10 * (seconds + 1));
    // Sixty at ten a second, the first ten at once.
    expect(Math.max(...at) - begin).toBeLessThanOrEqual(6_000);
    await w.stop();
  });

  it("CHN-9: starts that were granted and not made within a second are asked for again", async () => {
    const script = () => ({ accept: {}, takes: "3s" }) as const;
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 5 }, script }, { size: 2 });
    const { postId } = await w.launch("shop", 12);
    await w.time.advance("2m", ...w.kits);
    const starts = w.mail.accepted.map((message) => message.at.getTime() - 3_000);
    expect(starts).toHaveLength(12);
    expect(most(starts, 1_000)).toBeLessThanOrEqual(10);
    expect(await w.kits[0]?.workspace("shop").posts.progress(postId)).toMatchObject({ sent: 12, pending: 0 });
    await w.stop();
  });

  it("CHN-8: throttling slows all processes down, is no failure, and is grown out of", async () => {
    let throttle = true;
    const script = () => {
      if (!throttle) return "accept" as const;
      throttle = false;
      return { fail: "rate-limited", retryAfterMs: 20_000 } as const;
    };
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 20 }, script }, { size: 3 });
    const { postId } = await w.launch("shop", 150);
    const begin = w.time.now().getTime();
    await w.time.settle(...w.kits);
    const [health] = (await w.kits[2]?.channels.health()) ?? [];
    expect(health).toMatchObject({
      state: "working",
      failures: 0,
      ratePerSecond: 10,
      blockedUntil: new Date(begin + 20_000),
    });
    await w.time.advance("19s", ...w.kits);
    expect(w.mail.accepted).toHaveLength(0);
    await w.time.advance("11s", ...w.kits);
    const first = w.mail.accepted.length;
    expect(first).toBeGreaterThan(90);
    expect(first).toBeLessThanOrEqual(12 * 11);
    await w.time.advance("5m", ...w.kits);
    expect(await w.kits[0]?.workspace("shop").posts.progress(postId)).toMatchObject({ sent: 150, failed: 0 });
    expect((await w.kits[1]?.channels.health())?.[0]).toMatchObject({
      ratePerSecond: 20,
      blockedUntil: null,
    });
    await w.stop();
  });

  it("CHN-9: a clock that is set back does not stop an account", async () => {
    const w = fleet(await database(), { limits: { concurrency: 1, perSecond: 2 } });
    await w.launch("shop", 6);
    await w.time.settle(...w.kits);
    w.time.jumpTo(new Date(w.time.now().getTime() - 3_600_000));
    await w.launch("shop", 4);
    await w.time.advance("10s", ...w.kits);
    expect(w.mail.accepted.length).toBeGreaterThanOrEqual(4);
    await w.stop();
  });
});
