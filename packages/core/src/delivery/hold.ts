/** Why a post does not go on: the reasons there are, and what each asks for. */

/**
 * Every reason for which a post can be held. The codes are stable: a UI puts them into words of its own.
 *
 * | reason | what holds it | how it goes on |
 * | --- | --- | --- |
 * | `campaign-paused` | its campaign was paused while it was under way | by itself, with `campaigns.resume` |
 * | `budget-exhausted` | the campaign, or its channel there, has no money left | by itself, once there is room again: a higher limit, or money given back |
 * | `auth` | the far side refuses the account; `deliveries.list` has its words as `error` | mend the account, then `posts.resume` |
 * | `content-rejected` | the channel can't make messages of it any more; `posts.preview` says why | mend the channel or its settings, then `posts.resume` |
 * | `internal-error` | it failed again and again; the log has the error, `jobs.listDead` too where a job was given up | mend the cause, then `posts.resume` |
 * | `channel-suspended` | the channel failed again and again, for all posts on it | by itself, once a probe is answered; `channels.probe` sends one at once |
 * | `daily-budget` | the campaign has spent what it may today | by itself, `until` then: its next day; or with a higher limit |
 * | `daily-cap` | the channel has sent what it may today | by itself, `until` then: the next day |
 * | `quiet-hours` | it is quiet where its next recipients are | by itself, `until` then |
 * | `local-time` | the hour has not come where its next recipients are | by itself, `until` then |
 * | `channel-missing` | for a minute or longer no process has had its channel | register the channel under that name again: by itself, within a minute; `posts.resume` does it at once |
 */
export const HOLD_REASONS = [
  "campaign-paused",
  "budget-exhausted",
  "auth",
  "content-rejected",
  "internal-error",
  "channel-suspended",
  "daily-budget",
  "daily-cap",
  "quiet-hours",
  "local-time",
  "channel-missing",
] as const;

/** What a post waits for until a certain time, when it goes on by itself. */
const WAIT_REASONS = ["daily-budget", "daily-cap", "quiet-hours", "local-time"] as const;

/** What a post waits for until a certain time, when it goes on by itself. */
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Whether a text of the database is one of these. */
export function isWaitReason(text: string): text is WaitReason {
  return WAIT_REASONS.some((reason) => reason === text);
}

/** Why a post does not go on; `HOLD_REASONS` says what each asks for. */
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What holds a post. */
export interface PostHold {
  readonly reason: HoldReason;
  readonly since: Date;
  /** When it goes on by itself, or is tried again; `null` where that depends on somebody. */
  readonly until: Date | null;
}

/** Whether a text of the database is one of the reasons; a newer engine beside this one may have written another. */
export function isHoldReason(text: string): text is HoldReason {
  return HOLD_REASONS.some((reason) => reason === text);
}
