/**
 * campaignkit: an embeddable engine for marketing campaigns.
 *
 * @packageDocumentation
 */
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
  SendContext,
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
