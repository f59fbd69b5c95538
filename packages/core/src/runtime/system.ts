/** The real runtime: the machine's clock, time-ordered UUIDs, cryptographic chance, warnings to the console. The only place that touches them. */
import { randomBytes, randomInt } from "node:crypto";
import { v7 } from "uuid";
import type { Logger, Runtime } from "../ports/runtime.ts";

const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => console.warn(message, fields ?? {}),
  error: (message, fields) => console.error(message, fields ?? {}),
};

/** Timers hold 31 bits; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** As many different numbers as `randomInt` can draw. */
const CHANCES = 2 ** 48 - 1;

function nap(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let left = ms;
  do {
    if (signal?.aborted) return;
    await nap(Math.min(left, LONGEST_TIMER_MS), signal);
    left -= LONGEST_TIMER_MS;
  } while (left > 0);
}

/** The runtime of a host in production; any part can be replaced. */
export function systemRuntime(parts: Partial<Runtime> = {}): Runtime {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep },
    ids: { next: () => v7() },
    // `randomInt` draws from a buffer: a number for every message must not cost a call of the system.
    random: { next: () => randomInt(CHANCES) / CHANCES, bytes: (length) => randomBytes(length) },
    logger: consoleLogger,
    fetch: globalThis.fetch,
    ...parts,
  };
}
