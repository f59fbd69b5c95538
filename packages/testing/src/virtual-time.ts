/** Virtual time: a runtime whose clock stands still until told, whose ids and chance come from a seed. */
import type { CampaignKit, Clock, LogFields, Logger, Runtime } from "@campaignkit/core";
import { v7 } from "uuid";

/** A span of time: milliseconds, or a text such as `"90s"`, `"15m"`, `"2h"`, `"3d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Technical pauses below this (back-off of a contended transaction) take no virtual time, or nobody would ever end them. */
const TECHNICAL_PAUSE_MS = 1_000;

/** A bound that only a loop without progress reaches. */
const MAX_ROUNDS = 100_000;

function toMs(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const match = /^([\d.]+)(ms|s|m|h|d)$/.exec(duration);
  if (match === null)
    throw new RangeError(`"${duration}" is no duration; write 500, "90s", "15m", "2h" or "3d".`);
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

/** Mulberry32: a small seeded generator, good enough for tests and never for secrets. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class VirtualClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  constructor(startAt: number) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      if (ms < TECHNICAL_PAUSE_MS) {
        setImmediate(resolve);
        return;
      }
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#elapsed + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  pass(ms: number): void {
    this.#elapsed += ms;
    this.#now += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.until <= this.#elapsed) sleeper.wake();
  }

  /** Moves the wall clock alone, as an administrator or a leap does; monotonic time does not notice. */
  jump(to: number): void {
    this.#now = to;
  }
}

/** One line that the engine logged. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** Virtual time for one or more engines. */
export interface VirtualTime {
  /** Give it to `createCampaignKit({ runtime })`. */
  readonly runtime: Runtime;
  /** What was logged so far. */
  readonly log: readonly LogLine[];
  now(): Date;
  /** Sets the wall clock without any work being done, as when the host was down or the machine's clock was moved. */
  jumpTo(instant: Date): void;
  /** Does all work that is due now. */
  settle(...kits: readonly Pick<CampaignKit, "tick">[]): Promise<void>;
  /** Lets time pass: stops at each instant at which work falls due, does it, and goes on to the end. */
  advance(duration: Duration, ...kits: readonly Pick<CampaignKit, "tick">[]): Promise<void>;
}

/**
 * Makes virtual time.
 *
 * @throws RangeError for a text that is no duration, or when an engine finds work without end.
 *
 * @example
 * ```ts
 * import { createCampaignKit } from "@campaignkit/core";
 * import { sqlite } from "@campaignkit/adapter-sqlite";
 * import { virtualTime } from "@campaignkit/testing";
 *
 * const time = virtualTime({ startAt: new Date("2027-03-01T08:00:00Z"), seed: 7 });
 * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {}, runtime: time.runtime });
 * await time.advance("2h", kit);
 * await kit.stop();
 * ```
 */
export function virtualTime(options: { readonly startAt?: Date; readonly seed?: number } = {}): VirtualTime {
  const clock = new VirtualClock((options.startAt ?? new Date("2027-03-01T08:00:00Z")).getTime());
  const next = seededRandom(options.seed ?? 1);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(next() * 256));
  let sequence = 0;
  const log: LogLine[] = [];
  const logger: Logger = {
    debug: (message, fields = {}) => void log.push({ level: "debug", message, fields }),
    info: (message, fields = {}) => void log.push({ level: "info", message, fields }),
    warn: (message, fields = {}) => void log.push({ level: "warn", message, fields }),
    error: (message, fields = {}) => void log.push({ level: "error", message, fields }),
  };
  const runtime: Runtime = {
    clock,
    ids: {
      next: () => {
        sequence += 1;
        return v7({ msecs: clock.now(), seq: sequence, random: bytes(16) });
      },
    },
    random: { next, bytes },
    logger,
  };

  async function settle(...kits: readonly Pick<CampaignKit, "tick">[]): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let worked = false;
      for (const kit of kits) worked = (await kit.tick()).worked || worked;
      if (!worked) return;
    }
    throw new RangeError(
      `After ${MAX_ROUNDS} rounds at one instant there is still work; something makes no progress.`,
    );
  }

  async function nextDueAt(kits: readonly Pick<CampaignKit, "tick">[]): Promise<number> {
    const due = await Promise.all(
      kits.map(async (kit) => (await kit.tick()).nextDueAt?.getTime() ?? Number.POSITIVE_INFINITY),
    );
    return Math.min(...due);
  }

  return {
    runtime,
    log,
    now: () => new Date(clock.now()),
    jumpTo: (instant) => clock.jump(instant.getTime()),
    settle,
    async advance(duration, ...kits) {
      const end = clock.monotonic() + toMs(duration);
      await settle(...kits);
      while (clock.monotonic() < end) {
        const left = end - clock.monotonic();
        const wait = (await nextDueAt(kits)) - clock.now();
        clock.pass(Math.min(left, Math.max(1, wait)));
        await settle(...kits);
      }
    },
  };
}
