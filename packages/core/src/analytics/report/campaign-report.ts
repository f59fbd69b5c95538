/** A campaign's report as data: everything that is known of what it came to, in one reading. */
import type { Interval, WeekStart } from "../../math/time-buckets.ts";
import type { EventType } from "../event.ts";
import type { Funnel, FunnelStage } from "../funnel.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Roi } from "../roi.ts";
import type { ReportedCampaign, ReportedDelivery, ReportedPost } from "./directory.ts";
import type { MachineActs } from "./machine-acts.ts";

/** How a report is put together. */
export interface ReportOptions {
  /** What the figures over time are divided into; by the length of the span when absent, from hours to months. */
  readonly interval?: Interval;
  /** The day on which weeks begin; Monday when absent (ISO 8601). */
  readonly weekStart?: WeekStart;
  /** IANA; the campaign's own when absent. */
  readonly timeZone?: string;
  /** The stages of the funnel; `sent`, `open`, `click`, `conversion` when absent. */
  readonly stages?: readonly (EventType | FunnelStage)[];
  /** How long after the first stage the last may be reached, in milliseconds; 30 days when absent. */
  readonly withinMs?: number;
  /** The part of revenue that is left after the cost of the goods, 0 to 1; 1 when absent. */
  readonly grossMargin?: number;
}

/** The figures of a part of the campaign. */
export interface ReportPart {
  /** The channel's name, the post's or the segment's id; `null`: what belongs to none. */
  readonly key: string | null;
  /** What people call it; `null` where there is no such name. */
  readonly name: string | null;
  readonly metrics: Metrics;
}

/** Figures of a span of time. */
export interface ReportPoint {
  readonly from: Date;
  /** The first instant after it. */
  readonly until: Date;
  /** As in trends: `2027-03-01`, `2027-W09`. */
  readonly label: string;
  readonly metrics: Metrics;
}

/**
 * What a campaign came to. Figures are people's unless they say that they are machines'. Ratios over zero are `null`. JSON as it stands, but for
 * the instants, which are dates.
 */
export interface CampaignReport {
  readonly generatedAt: Date;
  readonly campaign: ReportedCampaign;
  /** The zone that days and hours are those of. */
  readonly timeZone: string;
  /** Of all money in it: the campaign's. */
  readonly currency: string;
  /** What became of everybody that it was for: audience = sent + failed + skipped + uncertain + pending. */
  readonly delivery: ReportedDelivery;
  readonly summary: Metrics;
  /** What is not counted as people's: how much, and for which reasons. */
  readonly machines: {
    readonly opens: number;
    readonly clicks: number;
    /** By type and reason, the most frequent first. */
    readonly reasons: readonly MachineActs[];
  };
  readonly funnel: Funnel;
  /** One after the other without gaps, from the first to the last that happened. */
  readonly trend: { readonly interval: Interval; readonly points: readonly ReportPoint[] };
  readonly channels: readonly ReportPart[];
  /** In the order of the campaign. */
  readonly posts: readonly (ReportPart & Pick<ReportedPost, "channel">)[];
  /** A person in two segments counts in both, so that they don't add up to the whole. */
  readonly segments: readonly ReportPart[];
  readonly roi: Roi;
}

const DAY_MS = 86_400_000;

/** The interval that makes a picture of a span: neither a few points nor hundreds. */
export function intervalFor(spanMs: number): Interval {
  if (spanMs <= 3 * DAY_MS) return "hour";
  if (spanMs <= 92 * DAY_MS) return "day";
  return spanMs <= 730 * DAY_MS ? "week" : "month";
}
