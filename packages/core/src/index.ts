/**
 * campaignkit: an embeddable engine for marketing campaigns.
 *
 * @packageDocumentation
 */

export type {
  AnalyticsService,
  Dimension,
  EventQuery,
  EventRefusal,
  EventsService,
  EventType,
  Funnel,
  FunnelOptions,
  FunnelQuery,
  FunnelStage,
  FunnelStep,
  MetricAmounts,
  MetricCounts,
  MetricDefinition,
  MetricRatios,
  Metrics,
  MetricsFilter,
  MetricsQuery,
  MetricsReport,
  MetricsRow,
  Payback,
  RecordedEvent,
  ReportSpan,
  Roi,
  RoiOptions,
  RollupDifference,
  RollupVerdict,
  TrackedEvent,
  TrackManyOptions,
  TrackReport,
  TrackResult,
  Trend,
  TrendQuery,
} from "./analytics/index.ts";
export { EVENT_TYPES, METRIC_DEFINITIONS } from "./analytics/index.ts";
export type {
  AndCriteria,
  AttributeCriteria,
  AttributeDefinition,
  AttributeDefinitionInput,
  AttributeInput,
  AttributesService,
  AttributeType,
  AttributeValue,
  BetweenTest,
  Cadence,
  CadenceInput,
  ColumnMapping,
  ColumnRule,
  Consent,
  ConsentCriteria,
  ConsentInput,
  ConsentLogEntry,
  ConsentRequest,
  ConsentRequestInput,
  ConsentState,
  ConsentsService,
  ConsentWords,
  Contact,
  ContactExport,
  ContactExporter,
  ContactField,
  ContactInput,
  ContactQuery,
  ContactsService,
  ContactUpdateOptions,
  ContactWarning,
  ContactWriteOptions,
  Criteria,
  DaysTest,
  Encoding,
  EqualsTest,
  EveryoneCriteria,
  ExportRequest,
  FieldCriteria,
  Import,
  ImportField,
  ImportOptions,
  ImportProgress,
  ImportRefusal,
  ImportReport,
  ImportSource,
  ImportState,
  ImportsService,
  ListTest,
  MemberCriteria,
  MembersAdded,
  Membership,
  MembersMoved,
  MergeOrder,
  NotCriteria,
  NumberTest,
  OneOfTest,
  OrCriteria,
  PreferenceLogEntry,
  Preferences,
  PreferencesService,
  RequestedConsent,
  Segment,
  SegmentChanges,
  SegmentInput,
  SegmentKind,
  SegmentMove,
  SegmentsService,
  SetTest,
  SkipReason,
  Suppression,
  SuppressionInput,
  SuppressionReason,
  SuppressionsService,
  TestName,
  TextSource,
  TextTest,
  TimeTest,
  Topic,
  TopicChoice,
  TopicChoiceInput,
  TopicInput,
  TopicState,
  TopicsService,
  TopicText,
  TopicWords,
  UpsertManyItem,
  UpsertManyResult,
  UpsertResult,
  ValueTest,
  ValueTransform,
} from "./audience/index.ts";
export type {
  AdjustInput,
  BookedCost,
  Budget,
  BudgetAlert,
  BudgetCause,
  BudgetChanges,
  BudgetMovement,
  BudgetScope,
  BudgetService,
  BudgetStand,
  CostInput,
  CostKind,
  ExchangeRate,
  ExchangeRateInput,
  ExchangeRateQuery,
  ExchangeRateService,
  HandInput,
  MovementFilter,
  MovementKind,
  MovementQuery,
  Reservation,
  ReserveInput,
  SettleInput,
} from "./budgets/index.ts";
export {
  type BrandVoice,
  CAMPAIGN_TYPES,
  type Campaign,
  type CampaignAutomation,
  type CampaignBudget,
  type CampaignChanges,
  type CampaignChannel,
  type CampaignChannelInput,
  type CampaignFields,
  type CampaignFolder,
  type CampaignFolderNode,
  type CampaignFolderService,
  type CampaignInput,
  type CampaignObjective,
  type CampaignPlan,
  type CampaignQuery,
  CampaignService,
  type CampaignSort,
  type CampaignState,
  type CampaignTargets,
  type CampaignType,
  type ConfiguredChannel,
  type FolderContent,
  type Kpi,
  type KpiInput,
  type LifecycleEvent,
  type Milestone,
  type MilestoneInput,
  type MoveOptions,
  type OneOrMore,
  type Readiness,
  type ReadinessItem,
  type TagQuery,
} from "./campaigns/index.ts";
export type {
  DeliveriesService,
  Delivery,
  DeliveryBounce,
  DeliveryProgress,
  DeliveryQuery,
  DeliveryState,
  HoldReason,
  NewPost,
  Post,
  PostChange,
  PostContentChange,
  PostHold,
  PostPlanChange,
  PostRole,
  PostState,
  PostsService,
  PostWithWarnings,
  PreviewRecipient,
  Purpose,
  Returned,
  UnknownPolicy,
} from "./delivery/index.ts";
export { HOLD_REASONS } from "./delivery/index.ts";
export {
  CampaignKit,
  type CampaignKitOptions,
  createCampaignKit,
} from "./engine/create.ts";
export { definePlugin, type Plugin, type PluginRecord, type PluginServices } from "./engine/plugin.ts";
export type { TickResult } from "./engine/runner.ts";
export type { TrackingOptions } from "./engine/tracking-settings.ts";
export type { WorkerOptions } from "./engine/worker-options.ts";
export { Workspace } from "./engine/workspace.ts";
export type { IgnoredReason, ReceivedMail, ReceiveOptions } from "./inbound/index.ts";
export { BUILT_IN_ROLES, PERMISSIONS, type Permission, type RoleTable } from "./kernel/access.ts";
export type { ActivityQuery, ActivityService } from "./kernel/activity/service.ts";
export type { SubscriberHandler } from "./kernel/activity/subscribers.ts";
export type {
  Activity,
  ActivityData,
  ActivityMeta,
  ActivityType,
  EngineEvent,
  Subject,
} from "./kernel/activity/types.ts";
export type { ChainHead, ChainVerdict } from "./kernel/activity/verify.ts";
export type { AnyEventHandler, EventHandler } from "./kernel/events.ts";
export {
  defineJob,
  handleJob,
  type JobHandler,
  type JobKind,
  type JobOrder,
  type JobRun,
  type RetryPolicy,
  type StepEnd,
} from "./kernel/jobs/job.ts";
export type { RecurringJob } from "./kernel/jobs/schedules.ts";
export type { JobsService } from "./kernel/jobs/service.ts";
export type { DeadJob } from "./kernel/jobs/store.ts";
export type { Page, PageRequest } from "./kernel/page.ts";
export { type Reaction, type ReactionCause, react } from "./kernel/reactions.ts";
export { Scope } from "./kernel/scope.ts";
export { Unit } from "./kernel/unit.ts";
export { convertMoney } from "./math/exchange.ts";
export { addMoney, type Money, micros, money, moneyToDecimal } from "./math/money.ts";
export type { Interval } from "./math/time-buckets.ts";
export {
  type BounceRule,
  DEFAULT_POLICIES,
  type MisfireRule,
  type Policies,
  type PolicyChanges,
  type PolicyService,
  type WorkspacePolicies,
} from "./policies/index.ts";
export type {
  AddressKind,
  Channel,
  ChannelCapabilities,
  ChannelDefinition,
  ChannelLimits,
  ChannelRecord,
  ChannelWarning,
  ConfigInputOf,
  ContentInputOf,
  Idempotency,
  MessageUrls,
  PrepareContext,
  PreparedPost,
  Preview,
  Receipt,
  Recipient,
  RenderContext,
  Rendered,
  ReturnTokens,
  SendContext,
  WarningPlace,
} from "./ports/channel.ts";
export { defineChannel } from "./ports/define-channel.ts";
export type {
  ChannelFailureKind,
  ErrorCode,
  ErrorDetails,
  StorageFailureKind,
  ValidationIssue,
} from "./ports/errors.ts";
export { CampaignKitError, ChannelError, StorageError } from "./ports/errors.ts";
export type { BounceKind, BounceReport, InboundContent, InboundMail, InboundNotice } from "./ports/inbound.ts";
export type { Clock, Ids, LogFields, Logger, Meter, Random, Runtime, Span, Tracer } from "./ports/runtime.ts";
export type {
  SqlDriver,
  SqlExecutor,
  SqlFamily,
  SqlParameter,
  SqlResult,
  SqlRow,
  SqlStatement,
} from "./ports/storage.ts";
export { systemRuntime } from "./runtime/system.ts";
export type { ColumnTypes } from "./storage/family.ts";
export type { PendingMigration } from "./storage/migrate.ts";
export type { Migration } from "./storage/migration.ts";
export type { SchemaDifference } from "./storage/schema/compare.ts";
export type { SchemaManifest, SchemaShape, TableShape } from "./storage/schema/manifest-type.ts";
export type { Member, TeamService } from "./team/index.ts";
export type { PageBrand, PageMessages, PageOptions, TrackedFrom } from "./tracking/index.ts";
