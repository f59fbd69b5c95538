/**
 * Jobs against a reference model: random orders, failures, rests, dead workers and zombies in virtual time.
 *
 * The model knows nothing of leases, fences and SQL: how an order ends follows from its script alone, whenever and wherever it runs.
 */
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DEFAULT_MACHINE_RULES } from "../../analytics/index.ts";
import type { Clock } from "../../ports/runtime.ts";
import type { SqlDriver } from "../../ports/storage.ts";
import { fromJson, toInteger } from "../../storage/columns.ts";
import { type Db, DbFactory } from "../../storage/db.ts";
import { BUILT_IN_ROLES, SYSTEM_ACTOR } from "../access.ts";
import { EventBus } from "../events.ts";
import type { Kernel } from "../kernel.ts";
import { reactionTable } from "../reactions.ts";
import { Telemetry } from "../telemetry.ts";
import { runUnit } from "../unit.ts";
import { reviveJob } from "./dead-store.ts";
import { defineJob, handleJob, type JobRun } from "./job.ts";
import { rescheduleJob } from "./store.ts";
import { JobWorker } from "./worker.ts";

/** What one attempt of a scripted job does; after the script all attempts are "ok". */
type Outcome = "ok" | "fail" | "get on, then fail" | "rest" | "die";

const MAX_ATTEMPTS = 3;
const LEASE_MS = 30_000;
const REST_MS = 45_000;
const RUNS = { sqlite: 2_000, postgres: 60 } as const;
const job = defineJob<{ n: number }>("model.job", { maxAttempts: MAX_ATTEMPTS, baseMs: 1_000, maxMs: 8_000 });

/** How an order ends, by its script: the law that the engine is held to. */
function fate(script: readonly Outcome[]): { readonly end: "done" | "dead"; readonly used: number } {
  let attempts = 0;
  for (let used = 0; ; used++) {
    attempts += 1;
    if (attempts > MAX_ATTEMPTS) return { end: "dead", used };
    const outcome = script[used] ?? "ok";
    if (outcome === "ok") return { end: "done", used: used + 1 };
    if (outcome === "rest") attempts = 0;
    if (outcome === "get on, then fail") attempts = 1;
    if (outcome === "fail" && attempts === MAX_ATTEMPTS) return { end: "dead", used: used + 1 };
  }
}

/** An order, and what the model says of it. */
interface Order {
  readonly n: number;
  readonly slot: string;
  readonly script: readonly Outcome[];
  runAt: number;
  /** `waiting`: its turn comes when the one before it has ended. `void`: part of another order, or taken back. */
  state: "open" | "waiting" | "void" | "done" | "dead";
  /** Attempts before it was last brought back to life. */
  spent: number;
}

interface Model {
  readonly orders: Order[];
}

/** The database that the histories of one family have in common, one after the other. */
class Store {
  readonly driver: SqlDriver;
  readonly databases: DbFactory;
  readonly db: Db;

  constructor(driver: SqlDriver) {
    this.driver = driver;
    this.databases = new DbFactory(driver.family);
    this.db = this.databases.over(driver);
  }

  async empty(): Promise<void> {
    for (const table of ["ck_jobs", "ck_activity"])
      await this.driver.execute({ sql: `delete from ${table}`, parameters: [] });
  }
}

const never = new AbortController().signal;

/** A clock that stops for a process that has died: nothing of it wakes up by itself. */
class MortalClock implements Clock {
  readonly #clock: Clock;
  dead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  async sleep(ms: number, signal: AbortSignal = never): Promise<void> {
    await this.#clock.sleep(ms, signal);
    if (this.dead && !signal.aborted)
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }
}

interface Zombie {
  readonly n: number;
  readonly attempt: number;
  readonly over: Promise<void>;
  wake(): void;
}

/** The engine under test: workers on one database, each with one place. */
class Real {
  readonly store: Store;
  readonly time: VirtualTime = virtualTime();
  readonly scripts: (readonly Outcome[])[] = [];
  readonly attempts = new Map<number, number>();
  readonly effects = new Map<number, number>();
  readonly zombies: Zombie[] = [];
  readonly workers: readonly ReturnType<Real["worker"]>[];

  constructor(store: Store) {
    this.store = store;
    this.workers = [this.worker(), this.worker()];
  }

  now(): number {
    return this.time.now().getTime();
  }

  unit<Result>(work: Parameters<typeof runUnit<Result>>[1]): Promise<Result> {
    return runUnit(
      { kernel: this.#kernel(this.time.runtime.clock), workspaceId: "shop", actor: SYSTEM_ACTOR },
      work,
    );
  }

  async rows() {
    const rows = await this.store.db.selectFrom("ck_jobs").selectAll().orderBy("id").execute();
    return rows.map(({ id, payload, state, run_at }) => {
      const { n } = fromJson<{ n: number }>(payload);
      return { id, n, state, runAt: toInteger(run_at) };
    });
  }

  #kernel(clock: Clock): Kernel {
    const runtime = { ...this.time.runtime, clock };
    const { driver, databases, db } = this.store;
    return {
      runtime,
      driver,
      databases,
      db,
      channels: {},
      roles: BUILT_IN_ROLES,
      events: new EventBus(runtime.logger),
      reactions: reactionTable([]),
      tracking: {
        baseUrl: null,
        clickParameter: null,
        honeypot: null,
        machines: DEFAULT_MACHINE_RULES,
        signingKey: async () => new Uint8Array(),
        verificationKeys: async () => [],
      },
      telemetry: new Telemetry(runtime),
      ready: async () => undefined,
      wake: () => undefined,
      announceLater: () => undefined,
    };
  }

  /** A worker, in the face of virtual time; one that dies in a round is replaced by a fresh process. */
  worker() {
    let process = this.#process();
    return {
      tick: async () => {
        const { worker, died } = process;
        const round = worker.tick(never).then((worked) => worker.drained().then(() => worked));
        const end = await Promise.race([round, died.promise]);
        if (end === "died") process = this.#process();
        const dueAt = await process.worker.nextDueAt();
        return { worked: end === "died" || end, nextDueAt: dueAt === null ? null : new Date(dueAt) };
      },
    };
  }

  #process() {
    const clock = new MortalClock(this.time.runtime.clock);
    const died = Promise.withResolvers<"died">();
    const die = (): void => {
      clock.dead = true;
      died.resolve("died");
    };
    const handler = handleJob(job, (run) => this.#attempt(run, die));
    const worker = new JobWorker(this.#kernel(clock), [handler], { concurrency: 1, leaseMs: LEASE_MS });
    return { worker, died };
  }

  async #attempt(run: JobRun<{ n: number }>, die: () => void): Promise<void> {
    const { n } = run.payload;
    const attempt = (this.attempts.get(n) ?? 0) + 1;
    this.attempts.set(n, attempt);
    switch (this.scripts[n]?.[attempt - 1] ?? "ok") {
      case "fail":
        throw new Error("scripted");
      case "get on, then fail":
        await run.step({ next: "continue", payload: { n } }, async () => undefined);
        throw new Error("scripted");
      case "rest":
        return run.step({ next: "rest", until: this.now() + REST_MS }, async () => undefined);
      case "die": {
        const woken = Promise.withResolvers<void>();
        const over = Promise.withResolvers<void>();
        this.zombies.push({ n, attempt, over: over.promise, wake: woken.resolve });
        die();
        await woken.promise;
        return this.#effect(run).finally(over.resolve);
      }
      case "ok":
        return this.#effect(run);
    }
  }

  async #effect(run: JobRun<{ n: number }>): Promise<void> {
    await run.step({ next: "finish" }, async () => undefined);
    const { n } = run.payload;
    this.effects.set(n, (this.effects.get(n) ?? 0) + 1);
  }
}

const attemptsOf = (real: Real, { n }: Order): number => real.attempts.get(n) ?? 0;
const fateOf = ({ script, spent }: Order) => fate(script.slice(spent));
const openIn = ({ orders }: Model, slot: string): Order | undefined =>
  slot === "" ? undefined : orders.find((order) => order.slot === slot && order.state === "open");

/** Does what is due, brings the model up to the present, and compares all that can be seen. */
async function check(model: Model, real: Real): Promise<void> {
  await real.time.settle(...real.workers);
  const rows = await real.rows();
  const at = new Map(rows.map((row) => [row.n, row]));
  for (const order of model.orders) {
    const { end, used } = fateOf(order);
    const ended = order.state === "open" && attemptsOf(real, order) - order.spent === used;
    const gone = end === "done" ? !at.has(order.n) : at.get(order.n)?.state === "dead";
    if (ended && gone) {
      order.state = end;
      const next = model.orders.find(({ slot, state }) => slot === order.slot && state === "waiting");
      if (next !== undefined && order.slot !== "") next.state = "open";
    }
  }
  for (const order of model.orders) {
    const row = at.get(order.n);
    const attempts = attemptsOf(real, order);
    const what = `order ${order.n} (${order.state})`;
    expect(real.effects.get(order.n) ?? 0, what).toBe(order.state === "done" ? 1 : 0);
    expect(row?.state ?? "gone", what).toEqual(
      {
        open: expect.stringMatching(/ready|running/),
        waiting: "gone",
        void: "gone",
        done: "gone",
        dead: "dead",
      }[order.state],
    );
    if (order.state === "waiting") expect(attempts, what).toBe(0);
    if (order.state === "open" && order.runAt <= real.now())
      expect(attempts, `${what} is due`).toBeGreaterThan(0);
    if (order.state === "open" && order.runAt > real.now())
      expect(attempts - order.spent, `${what} is early`).toBe(0);
    if (row?.state === "ready") expect(row.runAt, `${what} is overdue`).toBeGreaterThan(real.now());
  }
  expect(rows).toHaveLength(model.orders.filter(({ state }) => state === "open" || state === "dead").length);
}

class Place implements fc.AsyncCommand<Model, Real> {
  readonly slot: string;
  readonly delay: number;
  readonly script: readonly Outcome[];

  constructor(slot: string, delay: number, script: readonly Outcome[]) {
    this.slot = slot;
    this.delay = delay;
    this.script = script;
  }

  check = (): boolean => true;

  async run(model: Model, real: Real): Promise<void> {
    const { slot, script } = this;
    const runAt = real.now() + this.delay;
    const n = model.orders.length;
    const open = openIn(model, slot);
    const waits = model.orders.some(
      (order) => slot !== "" && order.slot === slot && order.state === "waiting",
    );
    const begun = open !== undefined && attemptsOf(real, open) > 0;
    const state = open === undefined ? "open" : begun && !waits ? "waiting" : "void";
    model.orders.push({ n, slot, script, runAt, state, spent: 0 });
    real.scripts.push(script);
    await real.unit(async (unit) =>
      unit.enqueue(job, { payload: { n }, runAt, ...(slot === "" ? {} : { key: slot }) }),
    );
    await check(model, real);
  }

  toString = (): string => `place(${this.slot || "no key"}, +${this.delay}, [${this.script.join(" | ")}])`;
}

class Pass implements fc.AsyncCommand<Model, Real> {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  check = (): boolean => true;

  async run(model: Model, real: Real): Promise<void> {
    await real.time.advance(this.ms, ...real.workers);
    await check(model, real);
  }

  toString = (): string => `pass(${this.ms})`;
}

class Replay implements fc.AsyncCommand<Model, Real> {
  check = ({ orders }: Model): boolean => orders.some(({ state }) => state === "dead");

  async run(model: Model, real: Real): Promise<void> {
    const order = model.orders.find(({ state }) => state === "dead");
    const row = (await real.rows()).find(({ n }) => n === order?.n);
    if (order === undefined || row === undefined) throw new Error("a dead order without its row");
    const revived = real.unit((unit) => reviveJob(unit.db, "shop", row.id, unit.now));
    if (openIn(model, order.slot) !== undefined) {
      await expect(revived).rejects.toMatchObject({ details: { kind: "unique" } });
    } else {
      await revived;
      Object.assign(order, { state: "open", spent: attemptsOf(real, order), runAt: real.now() });
    }
    await check(model, real);
  }

  toString = (): string => "replay()";
}

class Reschedule implements fc.AsyncCommand<Model, Real> {
  readonly slot: string;
  readonly delay: number | null;

  constructor(slot: string, delay: number | null) {
    this.slot = slot;
    this.delay = delay;
  }

  /** One that has begun may be running in a process that has died; the model does not know. */
  check = (model: Model): boolean => openIn(model, this.slot) !== undefined;

  async run(model: Model, real: Real): Promise<void> {
    const runAt = this.delay === null ? null : real.now() + this.delay;
    const order = openIn(model, this.slot);
    if (order !== undefined && attemptsOf(real, order) === 0) {
      await real.unit((unit) =>
        rescheduleJob(unit.db, { workspaceId: "shop", kind: job.name, key: this.slot }, runAt),
      );
      if (runAt === null) order.state = "void";
      else order.runAt = runAt;
    }
    await check(model, real);
  }

  toString = (): string => `reschedule(${this.slot}, ${this.delay})`;
}

class WakeZombies implements fc.AsyncCommand<Model, Real> {
  check = (): boolean => true;

  async run(model: Model, real: Real): Promise<void> {
    const superseded = ({ n, attempt }: Zombie): boolean => {
      const order = model.orders[n];
      return order !== undefined && (order.state !== "open" || attemptsOf(real, order) > attempt);
    };
    for (const zombie of real.zombies.filter(superseded)) {
      zombie.wake();
      await zombie.over.catch(() => undefined);
    }
    await check(model, real);
  }

  toString = (): string => "wakeZombies()";
}

const outcome = fc.constantFrom<Outcome>(
  "fail",
  "fail",
  "fail",
  "die",
  "die",
  "get on, then fail",
  "rest",
  "ok",
);
const slot = fc.constantFrom("", "", "a", "b");
const commands = [
  fc
    .record({
      slot,
      delay: fc.constantFrom(0, 0, 5_000, 60_000),
      script: fc.array(outcome, { maxLength: 6 }),
    })
    .map(({ slot: key, delay, script }) => new Place(key, delay, script)),
  fc.constantFrom(500, 3_000, 31_000, 31_000, 120_000).map((ms) => new Pass(ms)),
  fc.constant(new Replay()),
  fc
    .record({ slot: fc.constantFrom("a", "b"), delay: fc.constantFrom(null, 0, 90_000) })
    .map(({ slot: key, delay }) => new Reschedule(key, delay)),
  fc.constant(new WakeZombies()),
];

describeEachDatabase("jobs", (database, family) => {
  it(`end as their scripts say, through ${RUNS[family]} random histories`, {
    timeout: 1_800_000,
  }, async () => {
    const store = new Store((await database("memory")).connect());
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 30, size: "max" }), async (history) => {
        await store.empty();
        const model: Model = { orders: [] };
        const real = new Real(store);
        await fc.asyncModelRun(() => ({ model, real }), history);
        await new Pass(3_600_000).run(model, real);
        await new WakeZombies().run(model, real);
        expect(model.orders.filter(({ state }) => state === "open" || state === "waiting")).toEqual([]);
      }),
      { numRuns: RUNS[family] },
    );
  });
});
