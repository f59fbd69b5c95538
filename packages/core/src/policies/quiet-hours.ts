/** Hours of the day in which nobody is written to, by the clocks of whoever would be. Pure. */
import { z } from "zod";
import { offsetChangeWithin, wallClockAt } from "../math/time-zone.ts";

/** Hours in which nothing is sent, by the recipient's own clock: from one wall-clock time to another, over midnight where it is the earlier one. */
export interface QuietHours {
  /** `HH:mm`, the first quiet minute. */
  readonly from: string;
  /** `HH:mm`, the first minute that is not quiet any more. */
  readonly to: string;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Hours of several rules can follow each other; a day of them in a row is quiet for good. */
const MAX_STEPS = 16;

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const timeSchema = z.string().regex(TIME, { error: "Give a time of day as HH:mm, such as 21:00." });

/** Quiet hours as they come from outside. */
export const quietHoursSchema: z.ZodType<QuietHours> = z
  .strictObject({ from: timeSchema, to: timeSchema })
  .refine(({ from, to }) => from !== to, {
    error: "Quiet hours from a time to the same time are none, or all: give two different times.",
  });

function timeOfDay(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}

/** How long ago the time of day was last shown, for a wall clock. */
function since(wall: number, time: number): number {
  return (((wall - time) % DAY_MS) + DAY_MS) % DAY_MS;
}

/** Whether the zone's clocks show a quiet hour. */
function isQuiet(at: number, timeZone: string, { from, to }: QuietHours): boolean {
  const wall = wallClockAt(at, timeZone);
  return since(wall, timeOfDay(from)) < since(timeOfDay(to), timeOfDay(from));
}

/** The first instant, from this one on, at which these hours are over. Where clocks are moved meanwhile, by what they show after that. */
function endOf(at: number, timeZone: string, hours: QuietHours): number {
  let from = at;
  while (isQuiet(from, timeZone, hours)) {
    const end = from + DAY_MS - since(wallClockAt(from, timeZone), timeOfDay(hours.to));
    const moved = offsetChangeWithin(from, end, timeZone);
    if (moved === null) return end;
    from = moved;
  }
  return from;
}

/**
 * The first instant, from this one on, at which somebody in that zone may be written to; the instant itself where it is not quiet. `null` where
 * the rules together leave no such hour.
 */
export function quietUntil(at: number, timeZone: string, rules: readonly QuietHours[]): number | null {
  let from = at;
  for (let step = 0; step <= MAX_STEPS * rules.length; step++) {
    const rule = rules.find((hours) => isQuiet(from, timeZone, hours));
    if (rule === undefined) return from;
    from = endOf(from, timeZone, rule);
  }
  return null;
}

/** The first instant, from this one on, at which it is quiet in that zone; infinite without rules. */
export function quietFrom(at: number, timeZone: string, rules: readonly QuietHours[]): number {
  const starts = rules.map((hours) => endOf(at, timeZone, { from: hours.to, to: hours.from }));
  return Math.min(Number.POSITIVE_INFINITY, ...starts);
}
