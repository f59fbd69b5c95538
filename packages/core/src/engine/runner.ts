/** Runs the loops: round after round while there is work, asleep while there is none, and out cleanly. */
import type { Loop } from "../kernel/loop.ts";
import type { Runtime } from "../ports/runtime.ts";

/** The longest sleep, for work that nobody announced: of another process, or whose notification was lost. */
const POLL_MS = 1_000;
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
  #stopping = new AbortController();
  #wake = new AbortController();
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

  /** Lets each loop finish its round, and resolves when all have. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    const running = this.#running;
    await Promise.all(running);
    this.#running = [];
  }

  /** Ends the sleep of every loop. */
  wake(): void {
    const sleeping = this.#wake;
    this.#wake = new AbortController();
    sleeping.abort();
  }

  /** One round of every loop, in order. @throws what a loop throws. */
  async tick(): Promise<TickResult> {
    const never = new AbortController();
    let worked = false;
    for (const loop of this.#loops) worked = (await loop.tick(never.signal)) || worked;
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
      // Taken before the round: a wake-up during it must not be missed.
      const { signal: woken } = this.#wake;
      try {
        if (await loop.tick(stopping)) continue;
        if (stopping.aborted) return;
        const dueAt = await loop.nextDueAt();
        const wait = dueAt === null ? POLL_MS : Math.min(POLL_MS, Math.max(1, dueAt - clock.now()));
        await clock.sleep(wait, AbortSignal.any([woken, stopping]));
      } catch (error) {
        logger.error("A background round failed.", { loop: loop.name, error: String(error) });
        await clock.sleep(FAILURE_REST_MS, stopping);
      }
    }
  }
}
