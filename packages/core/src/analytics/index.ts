/** Events and what they add up to. */
export { analyticsJobs, analyticsReactions } from "./contact-changes.ts";
export type { AddressedQuery, EventDirectory } from "./directory.ts";
export { EVENT_TYPES, type EventType, type NewEvent } from "./event.ts";
export type { TrackedEvent } from "./event-schema.ts";
export { type EventQuery, eventExporter, type RecordedEvent, type RecordedRequest } from "./events-list.ts";
export {
  type EventRefusal,
  EventsService,
  type TrackManyOptions,
  type TrackReport,
  type TrackResult,
} from "./events-service.ts";
export type { Funnel, FunnelOptions, FunnelStage, FunnelStep } from "./funnel.ts";
export { judgeAlone } from "./machines/judge.ts";
export type { Judging } from "./machines/judge-new.ts";
export { networkOf } from "./machines/networks.ts";
export type { ReclassifyOptions, ReclassifyReport } from "./machines/reclassify.ts";
export { HONEYPOT_LINK, type RequestFacts } from "./machines/request.ts";
export { DEFAULT_MACHINE_RULES, machineRules } from "./machines/rules.ts";
export { METRIC_DEFINITIONS, type MetricDefinition } from "./metrics/definitions.ts";
export type { MetricAmounts, MetricCounts, MetricRatios, Metrics } from "./metrics/metrics.ts";
export type { Dimension, MetricsFilter, MetricsQuery } from "./metrics/query.ts";
export { recordEvents } from "./record.ts";
export type { RollupDifference, RollupVerdict } from "./recount.ts";
export type { CampaignReport, ReportOptions, ReportPart, ReportPoint } from "./report/campaign-report.ts";
export type {
  ReportDirectory,
  ReportedCampaign,
  ReportedDelivery,
  ReportedPost,
} from "./report/directory.ts";
export type { MachineActs } from "./report/machine-acts.ts";
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
