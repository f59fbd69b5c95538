import {
  CampaignKitError,
  createCampaignKit,
  defineJob,
  definePlugin,
  handleJob,
  type JobHandler,
  type JobOrder,
  type JobRun,
  type RecurringJob,
  type Scope,
  type SqlDriver,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

type Step = { readonly n: number };
const work = defineJob<Step>("probe.work", { maxAttempts: 3, baseMs: 1_000, maxMs: 60_000 });

function engine(options: {
  storage: SqlDriver;
  time: VirtualTime;
  jobs?: readonly JobHandler[];
  schedules?: readonly RecurringJob[];
  workers?: { jobConcurrency?: number; leaseMs?: number };
}) {
  const { storage, time, jobs = [], schedules = [], workers } = options;
  const probe = definePlugin({ id: "probe", jobs, schedules, workspace: (scope): Scope => scope });
  const kit = createCampaignKit({
    storage,
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
    ...(workers === undefined ? {} : { workers }),
  });
  const scope = kit.workspace("shop").plugins.probe;
  const order = (given: JobOrder<Step>, workspace = "shop") =>
    kit
      .workspace(workspace)
      .plugins.probe.write("campaigns:write", async (unit) => unit.enqueue(work, given));
  return { kit, scope, order };
}

/** Writes a row that only this test knows: an effect to be counted. */
async function effect(run: JobRun<Step>, name: string): Promise<void> {
  await run.step({ next: "finish" }, async (unit) => {
    await unit.db.insertInto("ck_settings").values({ key: name, value: "done" }).execute();
  });
}

async function effects(scope: Scope): Promise<string[]> {
  const rows = await scope.read("campaigns:read", (db) =>
    db.selectFrom("ck_settings").select("key").orderBy("key").execute(),
  );
  return rows.map(({ key }) => key);
}

describeEachDatabase("jobs", (database) => {
  it("gives each job to one of several racing engines, and its effect happens once", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const taken: string[] = [];
    const handler = handleJob(work, async (run) => {
      taken.push(run.id);
      await effect(run, `effect-${String(run.payload.n).padStart(3, "0")}`);
    });
    const engines = [1, 2, 3, 4].map(() => engine({ storage: connect(), time, jobs: [handler] }));
    const [first] = engines;
    if (first === undefined) throw new Error("no engine");
    await first.scope.write("campaigns:write", async (unit) => {
      for (let n = 0; n < 120; n++) unit.enqueue(work, { payload: { n } });
    });
    const drain = async ({ kit }: (typeof engines)[number]) => {
      while ((await kit.tick()).worked);
    };
    await Promise.all(engines.map(drain));
    await Promise.all(engines.map(drain));
    expect(new Set(taken).size).toBe(120);
    expect(taken).toHaveLength(120);
    expect(await effects(first.scope)).toHaveLength(120);
    for (const { kit } of engines) await kit.stop();
  });

  it("gives a job whose worker died to another when the lease has run out", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const died = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, () => new Promise<never>(() => undefined))],
    });
    const attempts: number[] = [];
    const alive = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async (run) => void attempts.push(run.attempt))],
    });
    await died.order({ payload: { n: 1 } });
    // The process is gone: nothing of it answers any more, and nothing renews its lease.
    void died.kit.tick();
    await expect
      .poll(
        async () =>
          (
            await died.scope.read("campaigns:read", (db) =>
              db.selectFrom("ck_jobs").select("state").executeTakeFirst(),
            )
          )?.state,
      )
      .toBe("running");
    time.jumpTo(new Date(time.now().getTime() + 29_000));
    await time.settle(alive.kit);
    expect(attempts).toEqual([]);
    time.jumpTo(new Date(time.now().getTime() + 2_000));
    await time.settle(alive.kit);
    expect(attempts).toEqual([2]);
    await alive.kit.stop();
  });

  it("gives what a dead worker held to one of several that notice at the same moment", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const dead = engine({
      storage: connect(),
      time,
      workers: { jobConcurrency: 50 },
      jobs: [handleJob(work, () => new Promise<never>(() => undefined))],
    });
    for (let n = 0; n < 40; n++) await dead.order({ payload: { n } });
    void dead.kit.tick();
    const running = () =>
      dead.scope.read("campaigns:read", (db) =>
        db.selectFrom("ck_jobs").select("id").where("state", "=", "running").execute(),
      );
    await expect.poll(async () => (await running()).length).toBe(40);
    time.jumpTo(new Date(time.now().getTime() + 31_000));
    const ran: number[] = [];
    const heirs = [1, 2, 3, 4].map(() =>
      engine({
        storage: connect(),
        time,
        jobs: [
          handleJob(work, async (run) => {
            ran.push(run.payload.n);
            await effect(run, `effect-${run.payload.n}`);
          }),
        ],
      }),
    );
    const drain = async ({ kit }: (typeof heirs)[number]) => {
      while ((await kit.tick()).worked);
    };
    await Promise.all(heirs.map(drain));
    await Promise.all(heirs.map(drain));
    expect(ran.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    for (const { kit } of heirs) await kit.stop();
  });

  it("lets a run that lost its lease change nothing, and tells it", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    const zombie = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          signal = run.signal;
          started.resolve();
          await gate.promise;
          await effect(run, "zombie");
        }),
      ],
    });
    const heir = engine({ storage: connect(), time, jobs: [handleJob(work, (run) => effect(run, "heir"))] });
    await zombie.order({ payload: { n: 1 } });
    const round = zombie.kit.tick();
    await started.promise;
    // The wall clock leaps over the lease, so that no renewal of the zombie comes in between.
    time.jumpTo(new Date(time.now().getTime() + 31_000));
    await time.settle(heir.kit);
    time.pass("8s");
    await expect.poll(() => signal?.aborted).toBe(true);
    gate.resolve();
    await round;
    expect(await effects(heir.scope)).toEqual(["heir"]);
    expect(time.log.filter(({ level }) => level !== "debug")).toEqual([]);
    await zombie.kit.stop();
    await heir.kit.stop();
  });

  it("keeps the lease of a long job for as long as its worker lives", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const runs: string[] = [];
    const long = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async () => {
          runs.push("long");
          started.resolve();
          await gate.promise;
        }),
      ],
    });
    const other = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async () => void runs.push("other"))],
    });
    await long.order({ payload: { n: 1 } });
    const round = long.kit.tick();
    await started.promise;
    for (let beats = 0; beats < 12; beats++) {
      const before = await leaseOf(long.scope);
      time.pass("7500ms");
      await expect.poll(() => leaseOf(long.scope)).toBeGreaterThan(before);
      await time.settle(other.kit);
    }
    gate.resolve();
    await round;
    expect(runs).toEqual(["long"]);
    await long.kit.stop();
    await other.kit.stop();
  });

  it("tells a run in time when its lease can't be renewed, because the database is away", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const real = connect();
    let away = false;
    const storage: SqlDriver = {
      family: real.family,
      execute: (statement) => (away ? Promise.reject(new Error("away")) : real.execute(statement)),
      transaction: (unit) => real.transaction(unit),
      close: () => real.close(),
    };
    const started = Promise.withResolvers<void>();
    let elapsed = 0;
    const { kit, order } = engine({
      storage,
      time,
      jobs: [
        handleJob(work, async ({ signal }) => {
          started.resolve();
          const since = time.runtime.clock.monotonic();
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          elapsed = time.runtime.clock.monotonic() - since;
        }),
      ],
    });
    await order({ payload: { n: 1 } });
    const round = expect(kit.tick()).rejects.toThrow("away");
    await started.promise;
    away = true;
    for (let beats = 0; beats < 4; beats++) {
      time.pass("7500ms");
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    }
    await round;
    expect(elapsed).toBe(22_500);
    expect(time.log.at(-1)).toMatchObject({
      level: "error",
      message: expect.stringContaining("could not be put back"),
    });
    away = false;
    await kit.stop();
  });

  it("retries with back-off, then buries it, lists it and brings it back", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const at: number[] = [];
    let broken = true;
    const { kit, order } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async () => {
          at.push(time.now().getTime());
          if (broken) throw new TypeError("ann@shop.example is not here");
        }),
      ],
    });
    await order({ payload: { n: 7 } });
    await time.advance("1h", kit);
    expect(at).toHaveLength(3);
    const [first = 0, second = 0] = at.slice(1).map((instant, index) => instant - (at[index] ?? 0));
    expect(first).toBeGreaterThanOrEqual(500);
    expect(first).toBeLessThanOrEqual(1_000);
    expect(second).toBeGreaterThanOrEqual(1_000);
    expect(second).toBeLessThanOrEqual(2_000);

    const shop = kit.workspace("shop");
    const { items } = await shop.jobs.listDead();
    expect(items).toMatchObject([
      {
        kind: "probe.work",
        payload: { n: 7 },
        attempts: 3,
        error: "TypeError: ann@shop.example is not here",
      },
    ]);
    const id = items[0]?.id ?? "";
    const [note] = (await shop.activity.list({ types: ["job.dead"] })).items;
    expect(note?.data).toEqual({ jobId: id, kind: "probe.work", error: "TypeError" });

    await expect(kit.workspace("other").jobs.replay(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await kit.workspace("other").jobs.listDead()).items).toEqual([]);
    broken = false;
    await shop.jobs.replay(id);
    await expect(shop.jobs.replay(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await time.settle(kit);
    expect(at).toHaveLength(4);
    expect((await shop.jobs.listDead()).items).toEqual([]);
    await kit.stop();
  });

  it("retries and buries a job whatever its error says, also what no database can hold", async () => {
    const time = virtualTime();
    let runs = 0;
    const fail = handleJob(work, async () => {
      runs += 1;
      throw new Error(`${"x".repeat(1_992)}\u0000\ud83d`);
    });
    const { kit, order } = engine({ storage: (await database()).connect(), time, jobs: [fail] });
    await order({ payload: { n: 1 } });
    await time.advance("5m", kit);
    const { items } = await kit.workspace("shop").jobs.listDead();
    expect([runs, items.length, items[0]?.attempts]).toEqual([3, 1, 3]);
    expect(items[0]?.error).toBe(`Error: ${"x".repeat(1_992)}\ufffd`);
    await kit.stop();
  });

  it("buries a job that takes every worker down with it", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const deadly = {
      storage: connect(),
      time,
      jobs: [handleJob(work, () => new Promise<never>(() => undefined))],
    };
    const first = engine(deadly);
    await first.order({ payload: { n: 1 } });
    for (let life = 1; life <= 3; life++) {
      const victim = engine({ ...deadly, storage: connect() });
      void victim.kit.tick();
      await expect.poll(() => jobRow(first.scope)).toMatchObject({ state: "running", attempts: life });
      time.jumpTo(new Date(time.now().getTime() + 31_000));
    }
    const last = engine({ ...deadly, storage: connect() });
    await time.settle(last.kit);
    expect((await last.kit.workspace("shop").jobs.listDead()).items).toMatchObject([
      { error: expect.stringContaining("stopped before it had an outcome") },
    ]);
    await last.kit.stop();
  });

  it("counts attempts anew once a run has got on, and resumes from its progress", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const seen: [number, number][] = [];
    const { kit, order, scope } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          seen.push([run.payload.n, run.attempt]);
          const next = { n: run.payload.n + 1 };
          if (next.n > 6) return;
          await run.step({ next: "continue", payload: next }, async () => undefined);
          throw new Error("stumbles after every step");
        }),
      ],
    });
    await order({ payload: { n: 0 } });
    await time.advance("1h", kit);
    expect(seen).toEqual([
      [0, 1],
      [1, 2],
      [2, 2],
      [3, 2],
      [4, 2],
      [5, 2],
      [6, 2],
    ]);
    expect(await jobRow(scope)).toBeUndefined();
    await kit.stop();
  });

  it("rests until the time, with its new payload", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const seen: [number, number, number][] = [];
    const start = time.now().getTime();
    const { kit, order } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          seen.push([run.payload.n, run.attempt, time.now().getTime() - start]);
          if (run.payload.n === 3) return;
          const until = time.now().getTime() + 60_000;
          await run.step({ next: "rest", until, payload: { n: run.payload.n + 1 } }, async () => undefined);
        }),
      ],
    });
    await order({ payload: { n: 1 }, runAt: start + 5_000 });
    await time.advance("10m", kit);
    expect(seen).toEqual([
      [1, 1, 5_000],
      [2, 1, 65_000],
      [3, 1, 125_000],
    ]);
    await kit.stop();
  });

  it("undoes a step together with its job's end when the work fails", async () => {
    const { connect } = await database();
    const time = virtualTime();
    let broken = true;
    const { kit, order, scope } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          await run.step({ next: "finish" }, async (unit) => {
            await unit.db.insertInto("ck_settings").values({ key: "effect", value: "1" }).execute();
            if (broken) throw new Error("no");
          });
        }),
      ],
    });
    await order({ payload: { n: 1 } });
    await time.settle(kit);
    expect(await effects(scope)).toEqual([]);
    broken = false;
    await time.advance("5s", kit);
    expect(await effects(scope)).toEqual(["effect"]);
    await kit.stop();
  });

  it("does not retry a job that ended before its handler failed", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const { kit, order, scope } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          await effect(run, "effect");
          throw new Error("too late");
        }),
      ],
    });
    await order({ payload: { n: 1 } });
    await time.advance("1h", kit);
    expect(await effects(scope)).toEqual(["effect"]);
    expect(time.log.map(({ message }) => message)).toEqual([
      expect.stringContaining("after the job had ended"),
    ]);
    await kit.stop();
  });

  it("leaves a job of an unknown kind to processes that know it, at no cost of attempts", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const old = engine({ storage: connect(), time });
    await old.order({ payload: { n: 1 } });
    await time.advance("20m", old.kit);
    expect(await jobRow(old.scope)).toMatchObject({ state: "ready", attempts: 0 });
    const attempts: number[] = [];
    const fresh = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async (run) => void attempts.push(run.attempt))],
    });
    await time.advance("2m", fresh.kit);
    expect(attempts).toEqual([1]);
    await old.kit.stop();
    await fresh.kit.stop();
  });

  it("lets a long job hold only its own place", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const gate = Promise.withResolvers<void>();
    const done: number[] = [];
    const { kit, order } = engine({
      storage: connect(),
      time,
      workers: { jobConcurrency: 2 },
      jobs: [
        handleJob(work, async (run) => {
          if (run.payload.n === 0) await gate.promise;
          done.push(run.payload.n);
        }),
      ],
    });
    await order({ payload: { n: 0 } });
    for (let n = 1; n <= 5; n++) await order({ payload: { n } });
    await kit.start();
    await expect.poll(() => [...done].sort()).toEqual([1, 2, 3, 4, 5]);
    gate.resolve();
    await kit.stop();
    expect(done.at(-1)).toBe(0);
  });

  it("stops between steps and goes on at the next start, where a run obeys its signal", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const steps: number[] = [];
    const inStep = Promise.withResolvers<void>();
    const handler = handleJob(work, async (run) => {
      for (let { n } = run.payload; n < 5 && !run.signal.aborted; ) {
        steps.push(n);
        n += 1;
        await run.step({ next: "continue", payload: { n } }, async () => undefined);
        if (n === 2) {
          inStep.resolve();
          await new Promise((resolve) => run.signal.addEventListener("abort", resolve));
        }
      }
    });
    const first = engine({ storage: connect(), time, jobs: [handler] });
    await first.order({ payload: { n: 0 } });
    await first.kit.start();
    await inStep.promise;
    await first.kit.stop();
    expect(steps).toEqual([0, 1]);
    const second = engine({ storage: connect(), time, jobs: [handler] });
    await time.settle(second.kit);
    expect(steps).toEqual([0, 1, 2, 3, 4]);
    expect(await jobRow(second.scope)).toBeUndefined();
    await second.kit.stop();
  });

  it("gives a job back at no cost when stopping broke it off", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const running = Promise.withResolvers<void>();
    const first = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async ({ signal }) => {
          running.resolve();
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }),
      ],
    });
    await first.order({ payload: { n: 0 } });
    await first.kit.start();
    await running.promise;
    await first.kit.stop();
    const second = engine({ storage: connect(), time });
    expect(await jobRow(second.scope)).toMatchObject({ state: "ready", attempts: 0 });
    await second.kit.stop();
  });

  it("has one open job for a key in each workspace", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const ran: string[] = [];
    const { kit, order } = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async (run) => void ran.push(`${run.scope.workspaceId}:${run.payload.n}`))],
    });
    await order({ payload: { n: 1 }, key: "k" });
    await order({ payload: { n: 2 }, key: "k" });
    await order({ payload: { n: 3 }, key: "k" }, "other");
    await order({ payload: { n: 4 } });
    await time.settle(kit);
    expect(ran.sort()).toEqual(["other:3", "shop:1", "shop:4"]);
    await order({ payload: { n: 5 }, key: "k" });
    await time.settle(kit);
    expect(ran).toContain("shop:5");
    await kit.stop();
  });

  it("runs a job again for an order that came after it had begun", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const ran: number[] = [];
    const { kit, order, scope } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          ran.push(run.payload.n);
          await run.step({ next: "continue", payload: { n: 99 } }, async () => undefined);
          begun.resolve();
          await gate.promise;
        }),
      ],
    });
    await order({ payload: { n: 1 }, key: "k" });
    const round = kit.tick();
    await begun.promise;
    await order({ payload: { n: 2 }, key: "k" });
    await order({ payload: { n: 3 }, key: "k" });
    gate.resolve();
    await round;
    await time.settle(kit);
    expect(ran).toEqual([1, 2]);
    expect(await jobRow(scope)).toBeUndefined();
    await kit.stop();
  });

  it("runs a job again for a later order also when the first was given up", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const ran: number[] = [];
    const { kit, order } = engine({
      storage: connect(),
      time,
      jobs: [
        handleJob(work, async (run) => {
          ran.push(run.payload.n);
          if (run.payload.n === 1) throw new Error("never works");
        }),
      ],
    });
    await order({ payload: { n: 1 }, key: "k" });
    await time.settle(kit);
    await order({ payload: { n: 2 }, key: "k" });
    await time.advance("1h", kit);
    expect(ran).toEqual([1, 1, 1, 2]);
    const [dead] = (await kit.workspace("shop").jobs.listDead()).items;
    await order({ payload: { n: 3 }, key: "k", runAt: time.now().getTime() + 60_000 });
    await expect(kit.workspace("shop").jobs.replay(dead?.id ?? "")).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await kit.stop();
  });

  it("loses no order to a job that begins while the order's transaction is open", async () => {
    const { connect, family } = await database();
    const time = virtualTime();
    const seen: string[][] = [];
    const { kit, order, scope } = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async (run) => void seen.push(await effects(run.scope)))],
    });
    await order({ payload: { n: 1 }, key: "k" });
    const inside = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const ordering = scope.write("campaigns:write", async (unit) => {
      await unit.db.insertInto("ck_settings").values({ key: "change", value: "1" }).execute();
      unit.enqueue(work, { payload: { n: 2 }, key: "k" });
      await unit.flush();
      inside.resolve();
      await gate.promise;
    });
    await inside.promise;
    // On SQLite a writer is alone, so the job can't begin meanwhile.
    if (family === "postgres") await kit.tick();
    gate.resolve();
    await ordering.catch(() => undefined);
    await time.settle(kit);
    expect(seen.at(-1)).toEqual(["change"]);
    await kit.stop();
  });

  it("finds leases again that a clock wrote before it was set back", async () => {
    const { connect } = await database();
    const time = virtualTime({ startAt: new Date("2027-06-01T00:00:00Z") });
    const died = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, () => new Promise<never>(() => undefined))],
    });
    await died.order({ payload: { n: 1 }, runAt: 0 });
    void died.kit.tick();
    await expect.poll(() => jobRow(died.scope)).toMatchObject({ state: "running" });
    time.jumpTo(new Date("2027-03-01T00:00:00Z"));
    const ran: number[] = [];
    const alive = engine({
      storage: connect(),
      time,
      jobs: [handleJob(work, async (run) => void ran.push(run.payload.n))],
    });
    await time.settle(alive.kit);
    expect(ran).toEqual([1]);
    await alive.kit.stop();
  });

  it("refuses two handlers for one kind", async () => {
    const { connect } = await database();
    const handler = handleJob(work, async () => undefined);
    expect(() => engine({ storage: connect(), time: virtualTime(), jobs: [handler, handler] })).toThrow(
      CampaignKitError,
    );
  });
});

async function jobRow(scope: Scope) {
  return scope.read("campaigns:read", (db) =>
    db.selectFrom("ck_jobs").select(["state", "attempts"]).executeTakeFirst(),
  );
}

async function leaseOf(scope: Scope): Promise<number> {
  const row = await scope.read("campaigns:read", (db) =>
    db.selectFrom("ck_jobs").select("lease_until").executeTakeFirstOrThrow(),
  );
  return Number(row.lease_until);
}
