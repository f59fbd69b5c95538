/** Events and what they add up to. */
export { analyticsJobs, analyticsReactions } from "./contact-changes.ts";
export type { AddressedQuery, EventDirectory } from "./directory.ts";
export { EVENT_TYPES, type EventType, type NewEvent } from "./event.ts";
export type { TrackedEvent } from "./event-schema.ts";
export { type EventQuery, eventExporter, type RecordedEvent } from "./events-list.ts";
export {
  type EventRefusal,
  EventsService,
  type TrackManyOptions,
  type TrackReport,
  type TrackResult,
} from "./events-service.ts";
export type { Funnel, FunnelOptions, FunnelStage, FunnelStep } from "./funnel.ts";
export { METRIC_DEFINITIONS, type MetricDefinition } from "./metrics/definitions.ts";
export type { MetricAmounts, MetricCounts, MetricRatios, Metrics } from "./metrics/metrics.ts";
export type { Dimension, MetricsFilter, MetricsQuery } from "./metrics/query.ts";
export { recordEvents } from "./record.ts";
export type { RollupDifference, RollupVerdict } from "./recount.ts";
export type { Payback, Roi, RoiOptions } from "./roi.ts";
export { keepSegmentSets, segmentSetOf } from "./segment-sets.ts";
export {
  AnalyticsService,
  type FunnelQuery,
  type MetricsReport,
  type MetricsRow,
  type ReportSpan,
  type Trend,
  type TrendQuery,
} from "./service.ts";
