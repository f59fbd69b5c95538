/** What a report is asked for: checked, and brought into the form that the queries work on. */
import { z } from "zod";
import { textOf } from "../../kernel/text.ts";
import { isId, parse, validationError } from "../../kernel/validate.ts";
import {
  INTERVALS,
  type Interval,
  type TimeBucket,
  timeBuckets,
  WEEK_STARTS,
  type WeekStart,
} from "../../math/time-buckets.ts";
import { isTimeZone } from "../../math/time-zone.ts";

/** What figures can be divided by, besides time. By segment a person counts in every segment that they were written to as a member of. */
export const DIMENSIONS = ["campaign", "channel", "post", "variant", "segment"] as const;

/** One of them. */
export type Dimension = (typeof DIMENSIONS)[number];

/** Which events a report counts. */
export interface MetricsFilter {
  /** Only these campaigns; all, and what belongs to none, when absent. */
  readonly campaignIds?: readonly string[];
  readonly channel?: string;
  readonly postId?: string;
  readonly variant?: string;
  /** Only what counts for this segment: its id, or the name that events gave. */
  readonly segment?: string;
  /** Only what happened at or after this instant. */
  readonly from?: Date;
  /** Only what happened before this instant. */
  readonly to?: Date;
  /** Also what is taken for the act of a machine; only people's when absent. */
  readonly includeMachines?: boolean;
  /** ISO 4217. The campaigns' own when absent, if it is one. */
  readonly currency?: string;
  /** IANA; the campaign's own when absent, if it is one, else UTC. */
  readonly timeZone?: string;
  /** The day on which weeks begin; Monday when absent (ISO 8601). */
  readonly weekStart?: WeekStart;
}

/** What a report is asked for. */
export interface MetricsQuery extends MetricsFilter {
  /** What to divide by; at most one interval of time. One row of all when absent. */
  readonly groupBy?: readonly (Dimension | Interval)[];
}

/** Buckets of time in one report. */
const MAX_BUCKETS = 10_000;

const id = z
  .string()
  .refine(isId, { error: ({ input }) => `"${String(input)}" is no id of campaignkit (a UUID).` });

const schema = z
  .strictObject({
    campaignIds: z.array(id).max(10_000).optional(),
    channel: textOf({ min: 1, max: 200 }).optional(),
    postId: id.optional(),
    variant: textOf({ min: 1, max: 200 }).optional(),
    segment: textOf({ min: 1, max: 200 }).optional(),
    from: z.date().optional(),
    to: z.date().optional(),
    includeMachines: z.boolean().default(false),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, "Give an ISO 4217 code, such as EUR.")
      .optional(),
    timeZone: z
      .string()
      .refine(isTimeZone, { error: ({ input }) => `"${String(input)}" is no IANA time zone.` })
      .optional(),
    weekStart: z.enum(WEEK_STARTS).default("monday"),
    groupBy: z.array(z.enum([...DIMENSIONS, ...INTERVALS])).default([]),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ["to"],
    error: "The end must come after the beginning.",
  })
  .refine(({ groupBy }) => groupBy.filter(isInterval).length <= 1, {
    path: ["groupBy"],
    error: `Time can be divided in one way; give one of ${INTERVALS.join(", ")}.`,
  });

function isInterval(part: Dimension | Interval): part is Interval {
  return (INTERVALS as readonly string[]).includes(part);
}

/** A checked query. */
export interface CheckedQuery extends Omit<z.output<typeof schema>, "groupBy" | "from" | "to"> {
  readonly from: number | null;
  readonly until: number | null;
  readonly dimensions: readonly Dimension[];
  readonly interval: Interval | null;
}

/** Checks a query. @throws {VALIDATION_FAILED} */
export function checkQuery(query: MetricsQuery): CheckedQuery {
  const { groupBy, from, to, ...rest } = parse(schema, query, "query");
  return {
    ...rest,
    from: from?.getTime() ?? null,
    until: to?.getTime() ?? null,
    dimensions: DIMENSIONS.filter((dimension) => groupBy.includes(dimension)),
    interval: groupBy.find(isInterval) ?? null,
  };
}

/** The buckets of a span. @throws {VALIDATION_FAILED} when there are too many to report. */
export function bucketsOf(span: Parameters<typeof timeBuckets>[0]): readonly TimeBucket[] {
  const buckets: TimeBucket[] = [];
  for (const bucket of timeBuckets(span)) {
    if (buckets.length === MAX_BUCKETS) {
      const message = `The span has more than ${MAX_BUCKETS} times one ${span.interval}; give from and to closer together, or a longer interval.`;
      throw validationError("query", [{ path: ["groupBy"], message }]);
    }
    buckets.push(bucket);
  }
  return buckets;
}
