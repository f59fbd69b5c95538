/** Posts and their deliveries: planning, fan-out, sending, outcomes. */

import type { JobHandler } from "../kernel/jobs/job.ts";
import type { Reaction } from "../kernel/reactions.ts";
import { refusedHandler } from "./bounces.ts";
import { skipPendingHandler } from "./close.ts";
import { contactReactions } from "./contact-data.ts";
import { fanOutHandler, startPostHandler } from "./fan-out.ts";
import { campaignReactions, openPaidHandler } from "./reactions.ts";

export type { AccountState } from "./accounts/account.ts";
export { type ChannelDay, type ChannelHealth, ChannelsService } from "./accounts/channels-service.ts";
export { addressedSegments } from "./addressed.ts";
export { recordBounce, recordComplaint } from "./bounces.ts";
export { closePending } from "./close.ts";
export { deliveryExporter } from "./contact-data.ts";
export { DeliveriesService, type DeliveryQuery } from "./deliveries-service.ts";
export type { Delivery, DeliveryProgress, DeliveryState, UnknownPolicy } from "./delivery.ts";
export { Dispatcher, type DispatcherOptions } from "./dispatcher.ts";
export { deliveryFacts, deliveryOfToken, postFacts } from "./facts.ts";
export { HOLD_REASONS, type HoldReason, type PostHold } from "./hold.ts";
export type { LocalTime } from "./local-time.ts";
export { openDeliveries } from "./open-deliveries.ts";
export { MAX_RETRY_MS } from "./outcome.ts";
export type {
  NewPost,
  Post,
  PostChange,
  PostContentChange,
  PostPlanChange,
  PostRole,
  PostState,
  Purpose,
} from "./post.ts";
export { PostsService, type PostWithWarnings } from "./posts-service.ts";
export type { EstimateGap, SendingProgress } from "./progress.ts";
export type { PreviewRecipient } from "./render-post.ts";
export { deliverySummary } from "./report-facts.ts";
export type { DeliveryBounce, Returned } from "./returned.ts";

/** The jobs of delivery. */
export const deliveryJobs: readonly JobHandler[] = [
  startPostHandler,
  fanOutHandler,
  skipPendingHandler,
  openPaidHandler,
  refusedHandler,
];

/** What delivery does in the same transaction when campaigns, budgets or contacts change. */
export const deliveryReactions: readonly Reaction[] = [...campaignReactions, ...contactReactions];
