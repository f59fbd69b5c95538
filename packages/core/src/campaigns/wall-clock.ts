/**
 * Moving plans in local time: what stood at nine in the morning stands at nine after the move, whatever daylight saving did between.
 *
 * Pure. A wall time is written as the epoch milliseconds that a clock on UTC would show it at.
 */
import { TZDate } from "@date-fns/tz";

const DAY_MS = 86_400_000;

/** What the clocks of the zone show at an instant. */
function wallTime(at: number, timeZone: string): number {
  const local = new TZDate(at, timeZone);
  const wall = new Date(0);
  wall.setUTCFullYear(local.getFullYear(), local.getMonth(), local.getDate());
  wall.setUTCHours(local.getHours(), local.getMinutes(), local.getSeconds(), local.getMilliseconds());
  return wall.getTime();
}

/** The instant at which the zone's clocks show that wall time: the first, where they do so twice; as far past the gap, where they skip it. */
function instantOf(wall: number, timeZone: string): number {
  const offsetAround = (at: number): number => wallTime(at, timeZone) - at;
  const before = wall - offsetAround(wall - DAY_MS);
  const after = wall - offsetAround(wall + DAY_MS);
  const shown = [before, after].filter((at) => wallTime(at, timeZone) === wall);
  return shown.length === 0 ? before : Math.min(...shown);
}

/** How far a plan is moved. */
export interface PlanShift {
  /** The distance of the two starts, as the clocks on the wall show them, in milliseconds. */
  readonly shiftMs: number;
  readonly fromTimeZone: string;
  readonly toTimeZone: string;
}

/** How far the wall clocks are apart at two instants, each in its zone. */
export function planShift(
  from: { readonly at: number; readonly timeZone: string },
  to: { readonly at: number; readonly timeZone: string },
): PlanShift {
  return {
    shiftMs: wallTime(to.at, to.timeZone) - wallTime(from.at, from.timeZone),
    fromTimeZone: from.timeZone,
    toTimeZone: to.timeZone,
  };
}

/** An instant of the plan after the move, in epoch milliseconds. */
export function shiftAlong(at: number, { shiftMs, fromTimeZone, toTimeZone }: PlanShift): number {
  if (shiftMs === 0 && fromTimeZone === toTimeZone) return at;
  return instantOf(wallTime(at, fromTimeZone) + shiftMs, toTimeZone);
}
