/** Runs the loops: round after round while there is work, asleep while there is none, and out cleanly. */
import type { WakeTopic } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Runtime } from "../ports/runtime.ts";

/** The longest sleep, for work that nobody announced: of another process, or whose notification was lost. */
const POLL_MS = 1_000;
/** The shortest, for work that is due but in other hands. */
const LOOK_AGAIN_MS = 25;
/** The rest after a round that failed as a whole, such as an unreachable database. */
const FAILURE_REST_MS = 2_000;

/** What one round did. */
export interface TickResult {
  /** Whether any loop found work; call again at once then. */
  readonly worked: boolean;
  /** When the next known work is due; `null` when there is none. */
  readonly nextDueAt: Date | null;
}

/** The background life of one engine. */
export class Runner {
  readonly #loops: readonly Loop[];
  readonly #runtime: Runtime;
  readonly #sleeps = new Map<Loop, AbortController>();
  readonly #ticks = new Set<Promise<unknown>>();
  #stopping = new AbortController();
  #running: Promise<void>[] = [];

  constructor(loops: readonly Loop[], runtime: Runtime) {
    this.#loops = loops;
    this.#runtime = runtime;
  }

  get running(): boolean {
    return this.#running.length > 0;
  }

  /** Starts all loops; does nothing when they run. */
  start(): void {
    if (this.running) return;
    this.#stopping = new AbortController();
    this.#running = this.#loops.map((loop) => this.#live(loop, this.#stopping.signal));
  }

  /** Lets each loop finish its round and what the round began, and resolves when all have. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await Promise.all([...this.#running, ...this.#ticks]);
    this.#running = [];
  }

  /** Ends the sleep of the loops that the topic concerns, or of all. */
  wake(topic?: WakeTopic): void {
    for (const loop of this.#loops) {
      if (topic !== undefined && loop.topic !== undefined && loop.topic !== topic) continue;
      const sleeping = this.#sleeps.get(loop);
      // A loop that was never started has no sleep to end.
      if (sleeping === undefined) continue;
      this.#sleeps.set(loop, new AbortController());
      // A reason is given because the default one is an error with a stack, made at every commit.
      sleeping.abort("woken");
    }
  }

  /** One round of every loop, in order, and all that it began. @throws what a loop throws. */
  tick(): Promise<TickResult> {
    const round = this.#round();
    // The caller hears of a failure; whoever stops only waits for the end.
    const over: Promise<unknown> = round.catch(() => undefined).finally(() => this.#ticks.delete(over));
    this.#ticks.add(over);
    return round;
  }

  async #round(): Promise<TickResult> {
    let worked = false;
    for (const loop of this.#loops) {
      worked = (await loop.tick(this.#stopping.signal)) || worked;
      await loop.drained?.();
    }
    return { worked, nextDueAt: await this.#nextDueAt() };
  }

  async #nextDueAt(): Promise<Date | null> {
    const due: number[] = [];
    for (const loop of this.#loops) {
      const at = await loop.nextDueAt();
      if (at !== null) due.push(at);
    }
    return due.length === 0 ? null : new Date(Math.min(...due));
  }

  async #live(loop: Loop, stopping: AbortSignal): Promise<void> {
    const { clock, logger } = this.#runtime;
    while (!stopping.aborted) {
      // Taken before the round: a wake-up during it must not be missed. Stopping wakes, too.
      const sleep = this.#sleeps.get(loop) ?? new AbortController();
      this.#sleeps.set(loop, sleep);
      try {
        if (await loop.tick(stopping)) continue;
        if (stopping.aborted) break;
        const dueAt = await loop.nextDueAt();
        const wait =
          dueAt === null ? POLL_MS : Math.min(POLL_MS, Math.max(LOOK_AGAIN_MS, dueAt - clock.now()));
        await clock.sleep(wait, sleep.signal);
      } catch (error) {
        logger.error("A background round failed.", { loop: loop.name, error: String(error) });
        await clock.sleep(FAILURE_REST_MS, stopping);
      }
    }
    await loop.drained?.();
  }
}
