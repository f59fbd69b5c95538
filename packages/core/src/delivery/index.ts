/** Posts and their deliveries: planning, fan-out, sending, outcomes. */
import type { JobHandler } from "../kernel/jobs/job.ts";
import { skipPendingHandler } from "./close.ts";
import { fanOutHandler, startPostHandler } from "./fan-out.ts";

export { closePending, openDeliveries } from "./campaign-close.ts";
export { DeliveriesService, type DeliveryQuery } from "./deliveries-service.ts";
export type { Delivery, DeliveryProgress, DeliveryState, UnknownPolicy } from "./delivery.ts";
export { Dispatcher, type DispatcherOptions } from "./dispatcher.ts";
export type { NewPost, Post, PostChange, PostRole, PostState, Purpose } from "./post.ts";
export { PostsService, type PostWithWarnings, type PreviewRecipient } from "./posts-service.ts";
export { deliveryReactions } from "./reactions.ts";
export { deliveryOfToken } from "./token-directory.ts";

/** The jobs of delivery. */
export const deliveryJobs: readonly JobHandler[] = [startPostHandler, fanOutHandler, skipPendingHandler];
