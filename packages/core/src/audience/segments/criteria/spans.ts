/** Where the spans of days around now begin and end. Pure; the compiled query and the evaluation in memory both ask here. */
import type { DaysTest } from "./criteria.ts";

const DAY_MS = 86_400_000;
const EARLIEST = Date.parse("0000-01-01T00:00:00.000Z");
const LATEST = Date.parse("9999-12-31T23:59:59.999Z");

/** A closed span of moments, in epoch milliseconds; `null`: open on that side. */
export interface Span {
  readonly from: number | null;
  /** Included, unless `beforeTo`. */
  readonly to: number;
  readonly beforeTo: boolean;
}

const bounded = (at: number): number => Math.min(Math.max(at, EARLIEST), LATEST);

/** The span of a test. For days, the moments are the first of their UTC day. */
export function spanOf(test: DaysTest, now: number, unit: "day" | "moment"): Span {
  const today = unit === "day" ? now - (((now % DAY_MS) + DAY_MS) % DAY_MS) : now;
  const ago = bounded(today - test.days * DAY_MS);
  if (test.is === "within-last") return { from: ago, to: today, beforeTo: false };
  if (test.is === "within-next")
    return { from: today, to: bounded(today + test.days * DAY_MS), beforeTo: false };
  return { from: null, to: ago, beforeTo: true };
}
