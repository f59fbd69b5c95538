import { createCampaignKit, defineJob, definePlugin, handleJob, type RecurringJob } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { nextOccurrence } from "./schedules.ts";

const nightly = defineJob<{ b: number; aa: number }>("probe.nightly");
const schedule: RecurringJob = {
  name: "probe.nightly",
  kind: nightly,
  cron: "30 2 * * *",
  timeZone: "Europe/Berlin",
  payload: { b: 1, aa: 2 },
};

async function setup(database: () => Promise<TestDatabase>, startAt: string) {
  const db = await database();
  const time = virtualTime({ startAt: new Date(startAt) });
  const ran: string[] = [];
  const open = (given: Partial<RecurringJob> = {}) =>
    probeEngine({
      storage: db.connect(),
      time,
      jobs: [handleJob(nightly, async () => void ran.push(time.now().toISOString()))],
      schedules: [{ ...schedule, ...given }],
    }).kit;
  return { time, ran, open };
}

describeEachDatabase("recurring jobs", (database) => {
  it("run at each occurrence in their time zone, right across the changes of the clocks", async () => {
    const { time, ran, open } = await setup(database, "2027-03-26T12:00:00Z");
    const kit = open();
    await time.advance("4d", kit);
    expect(ran).toEqual([
      "2027-03-27T01:30:00.000Z",
      // 02:30 does not exist on this day: the first instant after the gap.
      "2027-03-28T01:00:00.000Z",
      "2027-03-29T00:30:00.000Z",
      "2027-03-30T00:30:00.000Z",
    ]);
    time.jumpTo(new Date("2027-10-30T12:00:00Z"));
    ran.length = 0;
    await time.advance("2d", kit);
    expect(ran).toEqual([
      // What was missed in between, once.
      "2027-10-30T12:00:00.000Z",
      // 02:30 exists twice on this day: once, the first time.
      "2027-10-31T00:30:00.000Z",
      "2027-11-01T01:30:00.000Z",
    ]);
    await kit.stop();
  });

  it("run once for all occurrences that were missed while nothing ran, also after a restart", async () => {
    const { time, ran, open } = await setup(database, "2027-01-01T12:00:00Z");
    const first = open();
    await time.settle(first);
    await first.stop();
    time.jumpTo(new Date("2027-01-09T12:00:00Z"));
    const second = open();
    await time.settle(second);
    expect(ran).toEqual(["2027-01-09T12:00:00.000Z"]);
    await time.advance("1d", second);
    expect(ran).toEqual(["2027-01-09T12:00:00.000Z", "2027-01-10T01:30:00.000Z"]);
    await second.stop();
  });

  it("are planned anew when their expression changes", async () => {
    const { time, ran, open } = await setup(database, "2027-01-01T12:00:00Z");
    const first = open();
    await time.settle(first);
    await first.stop();
    const second = open({ cron: "0 18 * * *", timeZone: "UTC" });
    await time.advance("1d", second);
    expect(ran).toEqual(["2027-01-01T18:00:00.000Z"]);
    await second.stop();
  });

  it("run once between several processes", async () => {
    const { time, ran, open } = await setup(database, "2027-01-01T00:00:00Z");
    const kits = [
      open({ cron: "*/10 * * * *" }),
      open({ cron: "*/10 * * * *" }),
      open({ cron: "*/10 * * * *" }),
    ];
    await Promise.all(kits.map((kit) => kit.tick()));
    for (let n = 0; n < 12; n++) {
      time.pass("10m");
      await Promise.all(kits.map((kit) => time.settle(kit)));
    }
    expect(ran).toHaveLength(12);
    expect(new Set(ran).size).toBe(12);
    for (const kit of kits) await kit.stop();
  });

  it("do not repeat an occurrence when the clock is set back", async () => {
    const { time, ran, open } = await setup(database, "2027-01-01T00:00:00Z");
    const kit = open({ cron: "0 * * * *", timeZone: "UTC" });
    await time.advance("150m", kit);
    expect(ran).toHaveLength(2);
    time.jumpTo(new Date("2027-01-01T00:30:00Z"));
    await time.advance("3h", kit);
    expect(ran).toEqual(["2027-01-01T01:00:00.000Z", "2027-01-01T02:00:00.000Z", "2027-01-01T03:00:00.000Z"]);
    await kit.stop();
  });

  it("are listed and replayed by the engine when they were given up, as they belong to no workspace", async () => {
    const time: VirtualTime = virtualTime();
    let broken = true;
    const { kit } = probeEngine({
      storage: (await database()).connect(),
      time,
      jobs: [
        handleJob(defineJob("probe.nightly", { maxAttempts: 1 }), async () => {
          if (broken) throw new Error("no");
        }),
      ],
      schedules: [schedule],
    });
    await time.advance("1d", kit);
    const [dead] = (await kit.jobs.listDead()).items;
    expect(dead).toMatchObject({ kind: "probe.nightly", payload: { b: 1, aa: 2 } });
    broken = false;
    await kit.jobs.replay(dead?.id ?? "");
    await time.settle(kit);
    expect((await kit.jobs.listDead()).items).toEqual([]);
    await kit.stop();
  });

  it.each([
    ["an expression that is none", { cron: "every night" }],
    ["a zone that is none", { timeZone: "Mars/Base" }],
    ["an expression that never occurs", { cron: "0 0 30 2 *" }],
  ])("are refused with %s, before anything runs", async (_, given) => {
    const { open } = await setup(database, "2027-01-01T00:00:00Z");
    expect(() => open(given)).toThrow(
      expect.objectContaining({
        code: "CONFIGURATION_INVALID",
        message: expect.stringContaining("probe.nightly"),
      }),
    );
  });

  it("are refused when two have one name", async () => {
    const storage = (await database()).connect();
    const plugin = definePlugin({ id: "probe", schedules: [schedule, { ...schedule }] });
    expect(() => createCampaignKit({ storage, channels: {}, plugins: { plugin } })).toThrow(/same name/);
  });
});

it("finds every occurrence once, walking from one to the next across a year in any zone", () => {
  const zones = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
  ];
  const cron = fc.record({ minute: fc.nat(59), hour: fc.nat(23) });
  fc.assert(
    fc.property(
      cron,
      fc.constantFrom(...zones),
      fc.integer({ min: 2010, max: 2030 }),
      ({ minute, hour }, timeZone, year) => {
        const job = { name: "daily", cron: `${minute} ${hour} * * *`, timeZone };
        const days = new Set<string>();
        const end = Date.UTC(year + 1, 0, 2);
        let runs = 0;
        for (let at = nextOccurrence(job, Date.UTC(year, 0, 2)); at < end; at = nextOccurrence(job, at)) {
          runs += 1;
          days.add(new Intl.DateTimeFormat("en-CA", { timeZone }).format(at));
        }
        expect(days.size).toBe(runs);
        expect(runs).toBeGreaterThanOrEqual(364);
        expect(runs).toBeLessThanOrEqual(367);
      },
    ),
    { numRuns: 20 },
  );
});
