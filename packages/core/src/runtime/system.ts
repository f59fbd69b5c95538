/** The real runtime: the machine's clock, time-ordered UUIDs, cryptographic chance, warnings to the console. The only place that touches them. */
import { randomBytes } from "node:crypto";
import { v7 } from "uuid";
import type { Logger, Runtime } from "../ports/runtime.ts";

const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => console.warn(message, fields ?? {}),
  error: (message, fields) => console.error(message, fields ?? {}),
};

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}

/** The runtime of a host in production; any part can be replaced. */
export function systemRuntime(parts: Partial<Runtime> = {}): Runtime {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep },
    ids: { next: () => v7() },
    random: { next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48, bytes: (length) => randomBytes(length) },
    logger: consoleLogger,
    fetch: globalThis.fetch,
    ...parts,
  };
}
