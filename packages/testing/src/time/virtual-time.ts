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

/** What can be chosen of virtual time. */
export interface VirtualTimeOptions {
  /** `2027-03-01T08:00:00Z` when absent. */
  readonly startAt?: Date;
  /** Of ids and chance; 1 when absent. */
  readonly seed?: number;
  /**
   * Resolves when all that run wait, for time or for somebody else: then, and not before, passes the time that a scripted send takes. When absent that is
   * after 4 ms of real time in which nobody fell asleep or woke, enough for statements to a database nearby. A test that knows what is under
   * way, by a driver that counts, is exact and need not wait so long.
   */
  readonly calm?: () => Promise<unknown>;
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
  /** Does all work that is due now; ends when nothing makes time pass any more, a send of a round that nobody waits for included. */
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
export function virtualTime(options: VirtualTimeOptions = {}): VirtualTime {
  const startAt = options.startAt ?? new Date("2027-03-01T08:00:00Z");
  const clock = new VirtualClock(startAt.getTime(), options.calm);
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

  /** Works until nobody finds anything to do; resolves to when the next work is due, as they said in that last round. */
  async function workUntilIdle(kits: readonly Pick<CampaignKit, "tick">[]): Promise<number> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let anyWorked = false;
      let dueAt = Number.POSITIVE_INFINITY;
      for (const kit of kits) {
        const { worked, nextDueAt } = await kit.tick();
        anyWorked ||= worked;
        dueAt = Math.min(dueAt, nextDueAt?.getTime() ?? Number.POSITIVE_INFINITY);
      }
      if (!anyWorked) return dueAt;
    }
    throw new RangeError(
      `After ${MAX_ROUNDS} rounds at one instant there is still work; something makes no progress.`,
    );
  }

  return {
    runtime,
    log,
    now: () => new Date(clock.now()),
    jumpTo: (instant) => clock.jump(instant.getTime()),
    pass: (duration) => clock.pass(toMs(duration)),
    async settle(...kits) {
      await workUntilIdle(kits);
      await clock.still();
    },
    async advance(duration, ...kits) {
      const end = clock.monotonic() + toMs(duration);
      let dueAt = await workUntilIdle(kits);
      while (clock.monotonic() < end) {
        const left = end - clock.monotonic();
        clock.pass(Math.min(left, Math.max(1, dueAt - clock.now())));
        dueAt = await workUntilIdle(kits);
      }
      await clock.still();
    },
  };
}
