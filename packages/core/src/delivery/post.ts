/** A post: one rendition planned on one channel at one time, within a campaign. */
import { z } from "zod";
import type { ChannelRecord, ContentInputOf } from "../ports/channel.ts";
import type { UnknownPolicy } from "./delivery.ts";

/** A post's place in the story. */
export const POST_ROLES = ["intro", "content", "promotion", "conclusion"] as const;
/** A post's place in the story. */
export type PostRole = (typeof POST_ROLES)[number];

/**
 * Where a post stands: written, planned for its time, waiting for an approval that the policies ask for, under way, out, or called off.
 */
export type PostState = "draft" | "planned" | "awaiting-approval" | "sending" | "sent" | "cancelled";

/** What a recipient has to have agreed to. A transactional message needs no consent, but suppression holds for it too. */
export type Purpose = "marketing" | "transactional";

/** A post as the workspace keeps it. */
export interface Post {
  readonly id: string;
  readonly campaignId: string;
  /** The host's name of the channel. */
  readonly channel: string;
  readonly state: PostState;
  readonly role: PostRole;
  readonly sequence: number;
  readonly purpose: Purpose;
  /** What is done when it is not known whether a message went out. */
  readonly onUnknown: UnknownPolicy;
  /** As the channel's content schema returned it. */
  readonly content: unknown;
  readonly contentVersion: number;
  /** When it is due; `null`: when the campaign is launched. */
  readonly scheduledAt: Date | null;
  /** Who approved the present content; `null` when nobody has. */
  readonly approvedBy: string | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Give it back with a change; a change made in between is then refused. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What makes a post, typed by the channel it names. */
export interface NewPost<Channels extends ChannelRecord, Name extends keyof Channels & string> {
  readonly channel: Name;
  readonly content: ContentInputOf<Channels[Name]>;
  /** When it is due; at launch when absent. */
  readonly scheduledAt?: Date;
  readonly role?: PostRole;
  /** Orders the posts of a campaign; the next free number when absent. */
  readonly sequence?: number;
  readonly purpose?: Purpose;
  /**
   * What is done when it is not known whether a message went out, on a channel that can neither repeat safely nor be asked: `hold` (the
   * default) never sends a second time and shows it as `uncertain`; `retry` sends again, at the price of possible duplicates.
   */
  readonly onUnknown?: "hold" | "retry";
  /** A draft does not go out until it is planned. */
  readonly draft?: boolean;
}

/** What can be changed while a post has not started. */
export interface PostChange {
  /** The version that was read. */
  readonly version: number;
  readonly content?: unknown;
  readonly scheduledAt?: Date | null;
  readonly role?: PostRole;
  readonly sequence?: number;
  readonly purpose?: Purpose;
}

const validDate = z.date().refine((date) => !Number.isNaN(date.getTime()), "This is no valid date.");

/** What is checked of a new post beside its content. */
export const newPostSchema = z.strictObject({
  channel: z.string(),
  content: z.unknown(),
  scheduledAt: validDate.optional(),
  role: z.enum(POST_ROLES).default("content"),
  sequence: z.int().min(0).max(1_000_000).optional(),
  purpose: z.enum(["marketing", "transactional"]).default("marketing"),
  onUnknown: z.enum(["hold", "retry"]).default("hold"),
  draft: z.boolean().default(false),
});

/** What is checked of a change beside the content. */
export const postChangeSchema = z.strictObject({
  version: z.int(),
  content: z.unknown().optional(),
  scheduledAt: validDate.nullable().optional(),
  role: z.enum(POST_ROLES).optional(),
  sequence: z.int().min(0).max(1_000_000).optional(),
  purpose: z.enum(["marketing", "transactional"]).optional(),
});
