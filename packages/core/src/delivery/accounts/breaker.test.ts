import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { fleet } from "./fleet.fixture.ts";

describeEachDatabase("the circuit breaker of an account", (database) => {
  it("CHN-8: failures in a row suspend the account for all processes; probes after growing pauses, then all goes on, and no attempt is burnt", async () => {
    let down = true;
    const script = () => (down ? ({ fail: "transient" } as const) : ("accept" as const));
    const w = fleet(
      await database(),
      { limits: { concurrency: 1, suspendAfter: 4 }, script },
      { size: 3, workers: { batchSize: 10, retryBaseMs: 1_000 } },
    );
    const told: string[] = [];
    for (const kit of w.kits) {
      kit.on(
        "channel.suspended",
        ({ channel, failure }) => void told.push(`${channel} suspended: ${failure}`),
      );
      kit.on("channel.resumed", ({ channel }) => void told.push(`${channel} resumed`));
    }
    const one = await w.launch("shop", 30);
    const two = await w.launch("other", 5);
    const begin = w.time.now().getTime();
    await w.time.settle(...w.kits);
    expect(w.mail.attempts).toHaveLength(4);
    for (const kit of w.kits) {
      expect((await kit.channels.health())[0]).toMatchObject({
        channel: "mail",
        state: "suspended",
        failures: 4,
        failure: "transient",
        suspendedAt: new Date(begin),
        blockedUntil: new Date(begin + 30_000),
      });
    }
    const { posts } = (w.kits[2] as (typeof w.kits)[number]).workspace("other");
    expect((await posts.get(two.postId)).held).toEqual({
      reason: "channel-suspended",
      since: new Date(begin),
      until: new Date(begin + 30_000),
    });
    expect(await posts.progress(two.postId)).toMatchObject({
      estimatedEndAt: null,
      noEstimate: "channel-suspended",
    });
    await w.time.advance("29s", ...w.kits);
    expect(w.mail.attempts).toHaveLength(4);
    // Probes of three at most: after 30, 60 and 120 s more.
    await w.time.advance("10m", ...w.kits);
    expect(w.mail.attempts.length).toBeLessThanOrEqual(4 + 3 * 5);
    expect(w.mail.attempts.length).toBeGreaterThan(4);
    down = false;
    await w.time.advance("20m", ...w.kits);
    expect(w.mail.accepted).toHaveLength(35);
    expect(told).toEqual(["mail suspended: transient", "mail resumed"]);
    expect(await posts.progress(two.postId)).toMatchObject({ sent: 5, failed: 0 });
    expect(await w.kits[0]?.workspace("shop").posts.progress(one.postId)).toMatchObject({
      sent: 30,
      failed: 0,
    });
    expect((await w.kits[0]?.channels.health())?.[0]).toMatchObject({
      state: "working",
      failures: 0,
      error: null,
    });
    await w.stop();
  });

  it("CHN-8: recipients and contents that are refused, and throttling, suspend nobody; an answer in between begins the count anew", async () => {
    const script = ({ number }: { readonly number: number }) =>
      number % 3 === 0
        ? ({ fail: "rejected-recipient" } as const)
        : number <= 30
          ? ({ fail: "transient" } as const)
          : ("accept" as const);
    const w = fleet(
      await database(),
      { limits: { concurrency: 1, suspendAfter: 3 }, script },
      { workers: { retryBaseMs: 1_000 } },
    );
    const told: string[] = [];
    w.kits[0]?.on("channel.suspended", () => void told.push("suspended"));
    await w.launch("shop", 40);
    await w.time.advance("1h", ...w.kits);
    expect(told).toEqual([]);
    expect((await w.kits[0]?.channels.health())?.[0]).toMatchObject({ state: "working" });
    await w.stop();
  });

  it("CHN-8: answers that are lost suspend the account, so that few deliveries become uncertain", async () => {
    const w = fleet(
      await database(),
      { limits: { concurrency: 1, suspendAfter: 5 }, script: () => ({ unknown: "lost" }) },
      { workers: { batchSize: 50 } },
    );
    const { postId } = await w.launch("shop", 100);
    await w.time.advance("25s", ...w.kits);
    expect(await w.kits[0]?.workspace("shop").posts.progress(postId)).toMatchObject({
      uncertain: 5,
      pending: 95,
    });
    await w.stop();
  });

  it("CHN-8: a person who has mended the account has it probed at once", async () => {
    let down = true;
    const script = () => (down ? ({ fail: "transient" } as const) : ("accept" as const));
    const w = fleet(await database(), { limits: { concurrency: 1, suspendAfter: 2 }, script });
    const { postId } = await w.launch("shop", 6);
    await w.time.settle(...w.kits);
    const [kit] = w.kits;
    if (kit === undefined) throw new Error("There is no process.");
    down = false;
    await w.time.advance("1s", kit);
    expect(w.mail.accepted).toHaveLength(0);
    expect(await kit.channels.probe("mail")).toBe(true);
    await w.time.settle(kit);
    expect(w.mail.accepted).toHaveLength(4);
    expect(await kit.channels.probe("mail")).toBe(false);
    await expect(kit.channels.probe("pigeon")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await w.time.advance("1m", kit);
    expect(await kit.workspace("shop").posts.progress(postId)).toMatchObject({ sent: 6 });
    await w.stop();
  });

  it("CHN-8: the probe of a process that is lost is taken over by another", async () => {
    let hang = false;
    const script = ({ number }: { readonly number: number }) =>
      number <= 2 ? ({ fail: "transient" } as const) : hang ? ("hold" as const) : ("accept" as const);
    const w = fleet(await database(), { limits: { concurrency: 1, suspendAfter: 2 }, script }, { size: 2 });
    await w.launch("shop", 6);
    await w.time.settle(...w.kits);
    const [lost, other] = w.kits;
    if (lost === undefined || other === undefined) throw new Error("There are too few processes.");
    const resumed: string[] = [];
    other.on("channel.resumed", ({ channel }) => void resumed.push(channel));
    hang = true;
    w.time.pass("30s");
    void lost.tick();
    await w.mail.untilHeld(1);
    expect((await other.channels.health())[0]).toMatchObject({ state: "probing" });
    hang = false;
    await w.time.advance("10m", other);
    // The lost one still has its batch in hand, as long as it lives; that its call fails when its time is up is news of another failure.
    expect(resumed).toContain("mail");
    expect(w.mail.accepted.length).toBeGreaterThanOrEqual(3);
    w.mail.release();
    await w.stop();
  });

  it("CHN-8: a process with a lower limit than what others have counted still tries, and is heard", async () => {
    const opened = await database();
    const script = ({ number }: { readonly number: number }) =>
      number <= 6 ? ({ fail: "transient" } as const) : ("accept" as const);
    const w = fleet(opened, { limits: { concurrency: 1, suspendAfter: 50 }, script });
    const { postId } = await w.launch("shop", 6);
    await w.time.settle(...w.kits);
    expect((await w.kits[0]?.channels.health())?.[0]).toMatchObject({ state: "working", failures: 6 });
    const strict = scriptedChannel({ reach: "direct", limits: { concurrency: 1, suspendAfter: 3 } });
    const other = createCampaignKit({
      storage: opened.connect(),
      channels: { mail: strict },
      runtime: w.time.runtime,
    });
    await w.time.advance("1m", other);
    expect(strict.accepted).toHaveLength(6);
    expect((await other.channels.health())[0]).toMatchObject({ state: "working", failures: 0 });
    expect(await other.workspace("shop").posts.progress(postId)).toMatchObject({ sent: 6 });
    await other.stop();
    await w.stop();
  });
});
