/** Local days in IANA time zones. Pure: the instant and the zone go in. */
import { tzOffset } from "@date-fns/tz";

const known = new Map<string, boolean>();
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Every zone's offset since 1980 is a whole number of quarters of an hour, so every local day begins on one. */
export const QUARTER_MS = 900_000;

/** Whether the name is a zone that this machine's time zone data know. */
export function isTimeZone(name: string): boolean {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    valid = false;
  }
  if (known.size < 1_000) known.set(name, valid);
  return valid;
}

/** How far the zone's clocks are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(at: number, timeZone: string): number {
  return tzOffset(timeZone, new Date(at)) * MINUTE_MS;
}

/** What the zone's clocks show at an instant, as the instant at which UTC's clocks show the same. */
export function wallClockAt(at: number, timeZone: string): number {
  return at + offsetAt(at, timeZone);
}

/**
 * The instant at which the zone's clocks show that, as `wallClockAt` writes it: the first where they do so twice; where they skip it, as far
 * past the gap.
 */
export function instantOfWallClock(wall: number, timeZone: string): number {
  const before = wall - offsetAt(wall - DAY_MS, timeZone);
  const after = wall - offsetAt(wall + DAY_MS, timeZone);
  const shown = [before, after].filter((at) => wallClockAt(at, timeZone) === wall);
  return shown.length === 0 ? before : Math.min(...shown);
}

/** When the zone's clocks are next moved, after an instant and not after another; `null`: not between them. At most one move is found. */
export function offsetChangeWithin(after: number, until: number, timeZone: string): number | null {
  const offset = offsetAt(after, timeZone);
  if (offsetAt(until, timeZone) === offset) return null;
  // Clocks are moved on full minutes.
  let early = Math.floor(after / MINUTE_MS);
  let late = Math.ceil(until / MINUTE_MS);
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offsetAt(middle * MINUTE_MS, timeZone) === offset) early = middle;
    else late = middle;
  }
  return late * MINUTE_MS;
}

/**
 * The instant at which a calendar day begins in the zone; `midnight` is the day's midnight in UTC.
 *
 * Where clocks are put back over midnight it is the first of the two; where midnight, or the whole day, is skipped, the first instant after.
 */
export function startOfCalendarDay(midnight: number, timeZone: string): number {
  const before = offsetAt(midnight - DAY_MS, timeZone);
  const after = offsetAt(midnight + DAY_MS, timeZone);
  if (before === after) return midnight - before;
  const early = midnight - Math.max(before, after);
  const late = midnight - Math.min(before, after);
  for (const candidate of [early, late]) {
    if (candidate + offsetAt(candidate, timeZone) === midnight) return candidate;
  }
  let at = early;
  while (at < late && wallClockAt(at, timeZone) < midnight) at += QUARTER_MS;
  return at;
}

/** The calendar day whose span in the zone holds the instant, as its midnight in UTC. Never goes back as time goes on. */
export function calendarDayOf(at: number, timeZone: string): number {
  const midnight = Math.floor(wallClockAt(at, timeZone) / DAY_MS) * DAY_MS;
  // Clocks put back over midnight show yesterday's date once more; today has begun all the same.
  return startOfCalendarDay(midnight + DAY_MS, timeZone) <= at ? midnight + DAY_MS : midnight;
}

/** The local calendar day at an instant, as `YYYY-MM-DD`. */
export function localDay(at: number, timeZone: string): string {
  return new Date(calendarDayOf(at, timeZone)).toISOString().slice(0, 10);
}

/** The first instant of the local day that `at` falls on; where midnight does not exist, the first instant that does. */
export function startOfLocalDay(at: number, timeZone: string): number {
  return startOfCalendarDay(calendarDayOf(at, timeZone), timeZone);
}

/** The first instant of the local day after. Days have 23, 24 or 25 hours (and rarely others). */
export function startOfNextLocalDay(at: number, timeZone: string): number {
  let midnight = calendarDayOf(at, timeZone);
  for (;;) {
    midnight += DAY_MS;
    const start = startOfCalendarDay(midnight, timeZone);
    // A day that was skipped as a whole (Samoa, 2011-12-30) begins where the next one does, and has no span.
    if (start > at) return start;
  }
}
