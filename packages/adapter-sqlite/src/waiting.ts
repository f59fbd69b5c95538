/** Taking turns: in the process (a fair queue), with other connections (busy), and with the rest of the host (the event loop). */
import { isBusy } from "./failures.ts";

/** Runs pieces of work one after another, in the order they came. */
export class TurnQueue {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  /** Waits for its turn, then runs the work to its end before anybody else's starts. An idle queue runs it at once. */
  async run<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    // A turn handed over stays taken, so nobody can slip in between.
    this.#taken = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken = false;
    }
  }
}

const LONGEST_PAUSE_MS = 20;

/**
 * Repeats an attempt while another connection holds the lock, up to the time-out. It sleeps between attempts instead of inside SQLite,
 * whose busy handler would hold up the whole process, and with it the very transaction that is waited for.
 */
export async function whileBusy<Result>(timeoutMs: number, attempt: () => Result): Promise<Result> {
  let deadline: number | undefined;
  for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const now = performance.now();
      deadline ??= now + timeoutMs;
      if (now >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, (deadline ?? now) - now)));
    }
  }
}

const LONGEST_STRETCH_MS = 10;

/**
 * Lets the event loop breathe. Statements run synchronously and resolve in microtasks, so a loop of awaited statements would keep timers
 * and sockets waiting for as long as it lasts.
 */
export class Breath {
  #stretchStart: number | undefined;

  /** A promise to await when statements have been running for too long without a turn of the event loop. */
  due(): Promise<void> | undefined {
    const now = performance.now();
    if (this.#stretchStart === undefined) {
      this.#stretchStart = now;
      setImmediate(() => {
        this.#stretchStart = undefined;
      });
      return undefined;
    }
    if (now - this.#stretchStart < LONGEST_STRETCH_MS) return undefined;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
