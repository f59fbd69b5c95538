/** Virtual time: a runtime whose clock stands still until told, whose ids and chance come from a seed. */
import type { CampaignKit, LogFields, Logger, Runtime } from "@campaignkit/core";
import { v7 } from "uuid";
import { type Duration, toMs } from "./duration.ts";
import { seededRandom } from "./seeded-random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A bound that only a loop without progress reaches. */
const MAX_ROUNDS = 100_000;

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
  /** Lets time pass for what is running already, and does nothing else: leases run out, time-outs strike. */
  pass(duration: Duration): void;
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
    fetch: globalThis.fetch,
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
    pass: (duration) => clock.pass(toMs(duration)),
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
