/**
 * Killing workers while they send: real processes, a far side that counts, SIGKILL at random moments, and then the books are compared.
 */
import { type ChildProcess, fork } from "node:child_process";
import type { Idempotency, SqlDriver, UnknownPolicy } from "@campaignkit/core";
import { bundle } from "@campaignkit/test-support/bundle";
import { benchWorld } from "../world.ts";
import { COST_MICROS, providerChannel } from "./channel.ts";
import { installGuard } from "./guard.ts";
import type { WorkerOrder } from "./order.ts";
import { type Provider, startProvider } from "./provider.ts";

/** One line of the table. */
export interface FaultRow {
  readonly fault: string;
  readonly storage: "sqlite" | "postgres";
  readonly policy: UnknownPolicy;
  readonly runs: number;
  readonly kills: number;
  readonly messages: number;
  /** Said to be sent, and never accepted. */
  readonly lost: number;
  /** Without an outcome after everybody had time. */
  readonly stuck: number;
  /** Acceptances beyond the first of a message. */
  readonly doubled: number;
  /** Of these, the ones that no killed worker explains. */
  readonly doubledOutsideWindow: number;
  readonly uncertain: number;
  /** Messages that a worker asked the far side about, as `lookup` does after a doubt; the far side had taken them. */
  readonly found: number;
  /** The same; it had not, and they were sent then. */
  readonly missing: number;
  /** Micros beyond the budget's limit. */
  readonly overspent: number;
}

/** What a run is. */
export interface KillRun {
  readonly policy: UnknownPolicy;
  readonly workers: number;
  readonly kills: number;
  readonly messages: number;
  readonly leaseMs: number;
  /** How many acceptances and questions a worker lives to see, at most. */
  readonly lifetime: number;
  readonly chance: () => number;
}

/** What the channel of a policy is capable of. */
const IDEMPOTENCY: Readonly<Record<UnknownPolicy, Idempotency>> = {
  hold: "none",
  retry: "none",
  idempotent: "native",
  lookup: "lookup",
};

/**
 * Nobody was killed and nothing has moved for so long: what is pending is stuck. Far beyond a lease and the start of a process on a slow machine. Kills
 * count as moves, since a worker that dies within milliseconds may leave nothing written; their number is bounded.
 */
const STANDSTILL_MS = 60_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs it. `connect` opens the database, which is empty. */
export async function killWorkers(
  database: { readonly family: "sqlite" | "postgres"; readonly location: string; connect(): SqlDriver },
  run: KillRun,
): Promise<FaultRow> {
  const idempotency = IDEMPOTENCY[run.policy];
  const reaper = new Executioner(run, await bundle(new URL("./worker.ts", import.meta.url)));
  const provider = await startProvider({
    native: idempotency === "native",
    chance: run.chance,
    onCall: (worker) => reaper.saw(worker),
  });
  const storage = database.connect();
  const world = await benchWorld(storage, { mail: providerChannel(provider.url, idempotency) });
  await installGuard(storage);
  const segment = await world.audience(run.messages);
  const onUnknown = run.policy === "retry" ? "retry" : "hold";
  const ids = await world.fanOut(
    segment,
    "mail",
    { text: "Hello" },
    { onUnknown, totalMicros: run.messages * COST_MICROS },
  );
  await world.shop.campaigns.resume(ids.campaignId);
  const order: WorkerOrder = {
    family: database.family,
    location: database.location,
    providerUrl: provider.url,
    idempotency,
    leaseMs: run.leaseMs,
  };
  await reaper.work(order, async () => (await world.shop.posts.progress(ids.postId)).pending);
  const row = await audit(storage, world.shop, ids, provider, reaper.killed);
  await world.kit.stop();
  await provider.close();
  return {
    fault: "SIGKILL",
    storage: database.family,
    policy: run.policy,
    runs: 1,
    kills: reaper.killed.size,
    messages: run.messages,
    ...row,
  };
}

/** Keeps so many workers alive, and kills each in the middle of a call once it has seen its share of them. */
class Executioner {
  /** The process ids of those that were killed while they sent. */
  readonly killed = new Set<number>();
  readonly #run: KillRun;
  readonly #program: string;
  readonly #alive = new Map<number, { readonly worker: ChildProcess; left: number }>();
  #order: WorkerOrder | null = null;
  #movedAt = Date.now();
  #broken: Error | null = null;

  constructor(run: KillRun, program: string) {
    this.#run = run;
    this.#program = program;
  }

  /** Works until nothing is pending, or nothing moves any more. */
  async work(order: WorkerOrder, pending: () => Promise<number>): Promise<void> {
    this.#order = order;
    for (let n = 0; n < this.#run.workers; n++) this.#spawn(order);
    this.#movedAt = Date.now();
    for (let left = Number.POSITIVE_INFINITY; left > 0 && this.#isMoving(); ) {
      await pause(100);
      const now = await pending();
      if (now !== left) this.#movedAt = Date.now();
      left = now;
    }
    this.#order = null;
    await Promise.all([...this.#alive.values()].map(({ worker }) => gone(worker)));
    if (this.#broken !== null) throw this.#broken;
  }

  #isMoving(): boolean {
    return this.#broken === null && Date.now() - this.#movedAt < STANDSTILL_MS;
  }

  /** A worker's message was accepted, or its question heard; the answer is on the way. */
  saw(worker: number): void {
    const entry = this.#alive.get(worker);
    if (entry === undefined || this.killed.size >= this.#run.kills) return;
    entry.left -= 1;
    if (entry.left > 0) return;
    this.#alive.delete(worker);
    this.killed.add(worker);
    this.#movedAt = Date.now();
    entry.worker.kill("SIGKILL");
    if (this.#order !== null) this.#spawn(this.#order);
  }

  #spawn(order: WorkerOrder): void {
    const worker = fork(this.#program, [JSON.stringify(order)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    // A worker that ends by itself is broken, and no fault of the run: better to say so than to wait for the others.
    worker.once("exit", (code) => {
      if (code !== null && code !== 0)
        this.#broken = new Error(`A worker ended by itself with code ${code}.`);
    });
    const left = 1 + Math.floor(this.#run.chance() * this.#run.lifetime);
    if (worker.pid !== undefined) this.#alive.set(worker.pid, { worker, left });
  }
}

/** Kills a worker that has nothing to do any more. */
async function gone(worker: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGKILL");
  await exit;
}

/** Compares what the engine says with what the far side took. */
async function audit(
  storage: SqlDriver,
  shop: Awaited<ReturnType<typeof benchWorld>>["shop"],
  ids: { readonly campaignId: string; readonly postId: string },
  provider: Provider,
  killed: ReadonlySet<number>,
): Promise<
  Pick<
    FaultRow,
    "lost" | "stuck" | "doubled" | "doubledOutsideWindow" | "uncertain" | "found" | "missing" | "overspent"
  >
> {
  const { rows } = await storage.execute({ sql: "select id, state from ck_deliveries", parameters: [] });
  const byKey = Map.groupBy(provider.acceptances, ({ key }) => key);
  const states = new Map(rows.map((row) => [String(row["id"]), String(row["state"])]));
  const count = (wanted: (key: string, state: string) => boolean): number =>
    [...states].filter(([key, state]) => wanted(key, state)).length;
  const extras = [...byKey.values()].flatMap((acceptances) =>
    acceptances.slice(1).map((_, index) => acceptances[index]),
  );
  const progress = await shop.posts.progress(ids.postId);
  const sum = progress.sent + progress.failed + progress.skipped + progress.uncertain + progress.pending;
  if (sum !== progress.audience || progress.audience !== states.size) {
    throw new Error(`The outcomes do not add up: ${JSON.stringify(progress)} of ${states.size}.`);
  }
  const unknown = [...byKey.keys()].filter((key) => !states.has(key));
  if (unknown.length > 0) throw new Error(`${unknown.length} acceptances belong to no delivery.`);
  const budget = await shop.budgets.get(ids.campaignId);
  return {
    lost: count((key, state) => state === "sent" && !byKey.has(key)),
    stuck: count((_, state) => state === "pending" || state === "sending"),
    doubled: extras.length,
    doubledOutsideWindow: extras.filter((first) => first === undefined || !killed.has(first.worker)).length,
    uncertain: count((_, state) => state === "uncertain"),
    found: new Set(provider.questions.filter(({ found }) => found).map(({ key }) => key)).size,
    missing: new Set(provider.questions.filter(({ found }) => !found).map(({ key }) => key)).size,
    overspent: budget.total.overspend.amountMicros,
  };
}
