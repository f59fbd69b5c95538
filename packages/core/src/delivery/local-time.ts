/** When each recipient gets a post: at a wall-clock time in the own zone, and not in quiet hours. Pure. */
import { instantOfWallClock, isTimeZone } from "../math/time-zone.ts";
import { type QuietHours, quietFrom, quietUntil } from "../policies/index.ts";

/** A delivery by each contact's own clock. */
export interface LocalTime {
  /** The wall-clock time: `YYYY-MM-DDTHH:mm`, without a zone. */
  readonly at: string;
  /**
   * What becomes of contacts whose clocks are past it when the post starts: `send-now` (the default), or `next-day`, at the same time by the clock.
   */
  readonly passed?: "send-now" | "next-day";
}

const DAY_MS = 86_400_000;
/** How far the earliest of the world's clocks is ahead of UTC. */
const EARLIEST_OFFSET_MS = 14 * 3_600_000;
const WALL_TIME = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d)$/;
/** Who can never be written to waits for so long, and is looked at again. */
const LOOK_AGAIN_MS = DAY_MS;

/** The wall-clock time as the instant at which UTC's clocks show it; `null` for a text that is none. */
export function wallTimeOf(text: string): number | null {
  if (!WALL_TIME.test(text)) return null;
  const wall = Date.parse(`${text}:00Z`);
  // A day that the month does not have would be taken for one of the next.
  return Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 16) !== text ? null : wall;
}

/** The wall-clock time so much later, as clocks that are never moved show it. */
export function shiftedWallTime(text: string, ms: number): string {
  return new Date((wallTimeOf(text) ?? 0) + ms).toISOString().slice(0, 16);
}

/** The first instant at which anybody's clock shows it. */
export function firstInstantOf({ at }: LocalTime): number {
  return (wallTimeOf(at) ?? 0) - EARLIEST_OFFSET_MS;
}

/** What decides about the time of a post's deliveries. */
export interface TimingRules {
  readonly localTime: LocalTime | null;
  /** Those of the workspace and the post's own; none for a transactional post. */
  readonly quietHours: readonly QuietHours[];
  /** The campaign's: it stands in where a contact's is not known. */
  readonly timeZone: string;
  /** When the post started. */
  readonly startedAt: number;
}

/** When a recipient may be written to. */
export interface Window {
  /** Not before. */
  readonly opensAt: number;
  /** Not from then on: it is quiet again. Infinite where it never is. */
  readonly closesAt: number;
  /** Whether the campaign's zone stood in for the contact's. */
  readonly fallback: boolean;
}

/** Finds the times of a post's deliveries; each zone is worked out once. */
export class Timing {
  readonly #rules: TimingRules;
  readonly #now: number;
  readonly #windows = new Map<string, Omit<Window, "fallback">>();
  readonly #anyTime: Window;

  constructor(rules: TimingRules, now: number) {
    this.#rules = rules;
    this.#now = now;
    this.#anyTime = { opensAt: now, closesAt: Number.POSITIVE_INFINITY, fallback: false };
  }

  /** Whether zones matter to the post at all. */
  get matters(): boolean {
    return this.#rules.localTime !== null || this.#rules.quietHours.length > 0;
  }

  /** When a contact of that zone may be written to next. */
  windowOf(zone: string | null): Window {
    if (!this.matters) return this.#anyTime;
    const known = zone !== null && isTimeZone(zone);
    const timeZone = known ? zone : this.#rules.timeZone;
    let window = this.#windows.get(timeZone);
    if (window === undefined) {
      window = this.#find(timeZone);
      this.#windows.set(timeZone, window);
    }
    return { ...window, fallback: !known };
  }

  #find(timeZone: string): Omit<Window, "fallback"> {
    const { quietHours } = this.#rules;
    const wanted = Math.max(this.#now, this.#wanted(timeZone));
    const opensAt = quietUntil(wanted, timeZone, quietHours);
    if (opensAt === null) return { opensAt: this.#now + LOOK_AGAIN_MS, closesAt: this.#now };
    return { opensAt, closesAt: quietFrom(opensAt, timeZone, quietHours) };
  }

  /** The instant that the post asks for in that zone. */
  #wanted(timeZone: string): number {
    const { localTime, startedAt } = this.#rules;
    const wall = localTime === null ? null : wallTimeOf(localTime.at);
    if (localTime === null || wall === null) return this.#now;
    const first = instantOfWallClock(wall, timeZone);
    if (first >= startedAt || localTime.passed !== "next-day") return first;
    for (let day = Math.floor((startedAt - first) / DAY_MS); ; day++) {
      const at = instantOfWallClock(wall + day * DAY_MS, timeZone);
      if (at >= startedAt) return at;
    }
  }
}
