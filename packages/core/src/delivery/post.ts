/** A post: one rendition planned on one channel at one time, within a campaign. */
import { z } from "zod";
import { textOf } from "../kernel/text.ts";
import { type QuietHours, quietHoursSchema } from "../policies/index.ts";
import type { ChannelRecord, ContentInputOf } from "../ports/channel.ts";
import type { UnknownPolicy } from "./delivery.ts";
import type { PostHold } from "./hold.ts";
import { type LocalTime, wallTimeOf } from "./local-time.ts";

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
  /** Why it does not go on although it is due or under way, and since when; `null` when nothing holds it. */
  readonly held: PostHold | null;
  readonly role: PostRole;
  readonly sequence: number;
  readonly purpose: Purpose;
  /** The key of the topic it is about: who opted out of that gets nothing. `null`: about none. */
  readonly topic: string | null;
  /** What is done when it is not known whether a message went out. */
  readonly onUnknown: UnknownPolicy;
  /** As the channel's content schema returned it. */
  readonly content: unknown;
  readonly contentVersion: number;
  /** When it is due; `null`: when the campaign is launched. */
  readonly scheduledAt: Date | null;
  /** The wall-clock time at which each contact gets it in its own zone; `null`: all at once. */
  readonly localTime: LocalTime | null;
  /** Quiet hours of its own, beside the workspace's. */
  readonly quietHours: QuietHours | null;
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
  /**
   * Each contact gets it when its own clock shows that time; where the zone is not known, by the campaign's. Without `scheduledAt` the post starts
   * when the first clock on earth shows it. For direct channels only.
   */
  readonly localTime?: LocalTime;
  /** Hours in which it is not sent, by each contact's own clock, beside the workspace's (`policies.quietHours`). A transactional post keeps none. */
  readonly quietHours?: QuietHours;
  readonly role?: PostRole;
  /** Orders the posts of a campaign; the next free number when absent. */
  readonly sequence?: number;
  readonly purpose?: Purpose;
  /** The key of the workspace's topic it is about, of the channel's address kind and the post's purpose. Who opted out of it is skipped. */
  readonly topic?: string;
  /**
   * What is done when it is not known whether a message went out, on a channel that can neither repeat safely nor be asked: `hold` (the
   * default) never sends a second time and shows it as `uncertain`; `retry` sends again, at the price of possible duplicates.
   */
  readonly onUnknown?: "hold" | "retry";
  /** A draft does not go out until it is planned. */
  readonly draft?: boolean;
}

/** What can be changed of a post beside its content, while it has not started. */
export interface PostPlanChange {
  /** The version that was read. */
  readonly version: number;
  /** `null`: when the campaign is launched. */
  readonly scheduledAt?: Date | null;
  /** `null`: all get it at once. */
  readonly localTime?: LocalTime | null;
  /** `null`: none of its own. */
  readonly quietHours?: QuietHours | null;
  readonly role?: PostRole;
  readonly sequence?: number;
  readonly purpose?: Purpose;
  /** `null`: about no topic. */
  readonly topic?: string | null;
  readonly channel?: undefined;
  readonly content?: undefined;
}

/** New content for a post on that channel. */
export interface PostContentChange<Channels extends ChannelRecord, Name extends keyof Channels & string>
  extends Omit<PostPlanChange, "channel" | "content"> {
  /** The post's own channel, named again: it says what content is right, to the compiler and to the reader. It can't be changed. */
  readonly channel: Name;
  readonly content: ContentInputOf<Channels[Name]>;
}

/** What can be changed while a post has not started: its place in the plan, and its content together with the name of its channel. */
export type PostChange<Channels extends ChannelRecord = ChannelRecord> =
  | PostPlanChange
  | { readonly [Name in keyof Channels & string]: PostContentChange<Channels, Name> }[keyof Channels &
      string];

const validDate = z.date().refine((date) => !Number.isNaN(date.getTime()), "This is no valid date.");

const localTimeSchema: z.ZodType<LocalTime> = z.strictObject({
  at: z
    .string()
    .refine(
      (text) => wallTimeOf(text) !== null,
      "Give a wall-clock time as YYYY-MM-DDTHH:mm, without a zone.",
    ),
  passed: z.enum(["send-now", "next-day"]).default("send-now"),
});

/** What is checked of a new post beside its content. */
export const newPostSchema = z.strictObject({
  channel: z.string(),
  content: z.unknown(),
  scheduledAt: validDate.optional(),
  localTime: localTimeSchema.optional(),
  quietHours: quietHoursSchema.optional(),
  role: z.enum(POST_ROLES).default("content"),
  sequence: z.int().min(0).max(1_000_000).optional(),
  purpose: z.enum(["marketing", "transactional"]).default("marketing"),
  topic: textOf({ max: 100 }).optional(),
  onUnknown: z.enum(["hold", "retry"]).default("hold"),
  draft: z.boolean().default(false),
});

/** What is checked of a change beside the content. */
export const postChangeSchema = z.strictObject({
  version: z.int(),
  channel: z.string().optional(),
  content: z.unknown().optional(),
  scheduledAt: validDate.nullable().optional(),
  localTime: localTimeSchema.nullable().optional(),
  quietHours: quietHoursSchema.nullable().optional(),
  role: z.enum(POST_ROLES).optional(),
  sequence: z.int().min(0).max(1_000_000).optional(),
  purpose: z.enum(["marketing", "transactional"]).optional(),
  topic: textOf({ max: 100 }).nullable().optional(),
});

/** A new post as it was checked. */
export type CheckedPost = z.output<typeof newPostSchema>;

/** A change of a post as it was checked. */
export type CheckedPostChange = z.output<typeof postChangeSchema>;
