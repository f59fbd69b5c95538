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
 * | `channel-missing` | for a minute or longer no process has had its channel | register the channel under that name again: by itself, within a minute; `posts.resume` does it at once |
 */
export const HOLD_REASONS = [
  "campaign-paused",
  "budget-exhausted",
  "auth",
  "content-rejected",
  "internal-error",
  "channel-missing",
] as const;

/** Why a post does not go on; `HOLD_REASONS` says what each asks for. */
export type HoldReason = (typeof HOLD_REASONS)[number];

/** What holds a post. */
export interface PostHold {
  readonly reason: HoldReason;
  readonly since: Date;
}

/** Whether a text of the database is one of the reasons; a newer engine beside this one may have written another. */
export function isHoldReason(text: string): text is HoldReason {
  return HOLD_REASONS.some((reason) => reason === text);
}
