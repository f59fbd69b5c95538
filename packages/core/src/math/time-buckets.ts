/**
 * Hours, days, weeks and months of a time zone as spans of instants, one after the other without gap or overlap.
 *
 * Pure. Every span begins and ends on a quarter of an hour of UTC, whatever the zone's offset and however its clocks were changed, so
 * sums by quarters add up to any of them exactly.
 */
import { calendarDayOf, offsetAt, QUARTER_MS, startOfCalendarDay } from "./time-zone.ts";

/** What time can be divided into. Weeks begin on Monday (ISO 8601), or on Sunday where asked for. */
export const INTERVALS = ["hour", "day", "week", "month"] as const;

/** One of them. */
export type Interval = (typeof INTERVALS)[number];

/** The days on which a week can begin. */
export const WEEK_STARTS = ["monday", "sunday"] as const;

/** One of them. */
export type WeekStart = (typeof WEEK_STARTS)[number];

/** A span of time in a zone. */
export interface TimeBucket {
  /** Its first instant, in epoch milliseconds. */
  readonly from: number;
  /** The first instant after it. */
  readonly until: number;
  /** `2027-03-01T08:00+01:00`, `2027-03-01`, `2027-W09` or `2027-03`; of a week from Sunday its first day and length, `2027-02-28/P7D`. */
  readonly label: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The calendar day, as its midnight in UTC, on which the interval of the given day begins. */
function firstDay(interval: Exclude<Interval, "hour">, midnight: number, weekStart: WeekStart): number {
  if (interval === "day") return midnight;
  const date = new Date(midnight);
  if (interval === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const daysIn = weekStart === "sunday" ? date.getUTCDay() : (date.getUTCDay() + 6) % 7;
  return midnight - daysIn * DAY_MS;
}

/** The day on which the next interval begins. */
function nextFirstDay(interval: Exclude<Interval, "hour">, first: number): number {
  if (interval === "day") return first + DAY_MS;
  if (interval === "week") return first + 7 * DAY_MS;
  const date = new Date(first);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

function labelOf(interval: Exclude<Interval, "hour">, first: number, weekStart: WeekStart): string {
  const date = new Date(first).toISOString();
  if (interval === "day") return date.slice(0, 10);
  if (interval === "month") return date.slice(0, 7);
  // What ISO 8601 numbers are weeks from Monday; others it writes as a day and a length.
  if (weekStart === "sunday") return `${date.slice(0, 10)}/P7D`;
  // The week belongs to the year of its Thursday.
  const thursday = new Date(first + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${String(year).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}

function hourLabel(at: number, timeZone: string): string {
  const offset = offsetAt(at, timeZone);
  const minutes = Math.abs(offset) / 60_000;
  const pad = (value: number): string => String(value).padStart(2, "0");
  const zone =
    offset === 0 ? "Z" : `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
  return `${new Date(at + offset).toISOString().slice(0, 16)}${zone}`;
}

/** Where hours are counted from: the minutes by which the zone is off a whole hour. */
function phaseOf(at: number, timeZone: string): number {
  const offset = offsetAt(at, timeZone) % HOUR_MS;
  return (offset + HOUR_MS) % HOUR_MS;
}

/** The end of the hour that holds `at`, which may be cut short where the zone changes by less than an hour (Lord Howe Island). */
function endOfHour(at: number, timeZone: string): number {
  const phase = phaseOf(at, timeZone);
  const end = Math.floor((at + phase) / HOUR_MS) * HOUR_MS + HOUR_MS - phase;
  if (phaseOf(end, timeZone) === phase) return end;
  let cut = Math.floor(at / QUARTER_MS) * QUARTER_MS + QUARTER_MS;
  while (cut < end && phaseOf(cut, timeZone) === phase) cut += QUARTER_MS;
  return cut;
}

function startOfHour(at: number, timeZone: string): number {
  const phase = phaseOf(at, timeZone);
  const start = Math.floor((at + phase) / HOUR_MS) * HOUR_MS - phase;
  if (phaseOf(start, timeZone) === phase) return start;
  let cut = Math.floor(at / QUARTER_MS) * QUARTER_MS;
  while (cut > start && phaseOf(cut - QUARTER_MS, timeZone) === phase) cut -= QUARTER_MS;
  return cut;
}

/**
 * The intervals of the zone that hold any instant from `from` (included) to `until` (excluded), in order; the first and the last stand as
 * a whole. Generates them one by one, so that a caller can stop at its limit.
 */
export function* timeBuckets(span: {
  readonly interval: Interval;
  readonly timeZone: string;
  readonly from: number;
  readonly until: number;
  /** Monday when absent. */
  readonly weekStart?: WeekStart;
}): Generator<TimeBucket> {
  const { interval, timeZone, from, until, weekStart = "monday" } = span;
  if (interval === "hour") {
    for (let start = startOfHour(from, timeZone); start < until; ) {
      const end = endOfHour(start, timeZone);
      yield { from: start, until: end, label: hourLabel(start, timeZone) };
      start = end;
    }
    return;
  }
  let first = firstDay(interval, calendarDayOf(from, timeZone), weekStart);
  let start = startOfCalendarDay(first, timeZone);
  while (start < until) {
    const next = nextFirstDay(interval, first);
    const end = startOfCalendarDay(next, timeZone);
    // A day that was skipped as a whole (Samoa, 2011-12-30) has no span.
    if (end > start) yield { from: start, until: end, label: labelOf(interval, first, weekStart) };
    [first, start] = [next, end];
  }
}

/** The number of the bucket that holds the instant, by halving; the first or last for one outside. Buckets in order, without gaps. */
export function bucketAt(buckets: readonly TimeBucket[], at: number): number {
  let [low, high] = [0, buckets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (at < (buckets[middle]?.from ?? 0)) high = middle - 1;
    else low = middle;
  }
  return low;
}
