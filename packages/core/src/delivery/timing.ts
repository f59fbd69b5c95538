/** When the deliveries of a post may go out: what its row, its workspace and its campaign say about it. */
import type { Campaign } from "../campaigns/index.ts";
import type { Policies, QuietHours } from "../policies/index.ts";
import { fromJson, toInteger } from "../storage/columns.ts";
import { type LocalTime, Timing } from "./local-time.ts";
import type { PostRow } from "./posts-store.ts";

/** The quiet hours that a post keeps: the workspace's and its own. A transactional one goes out at any hour. */
export function quietHoursOf(
  post: Pick<PostRow, "purpose" | "quiet_hours">,
  policies: Policies,
): readonly QuietHours[] {
  if (post.purpose === "transactional") return [];
  const own = ownQuietHours(post);
  return [policies.quietHours, own].filter((hours) => hours !== null);
}

/** The quiet hours that the post adds of its own. */
export function ownQuietHours({ quiet_hours }: Pick<PostRow, "quiet_hours">): QuietHours | null {
  return quiet_hours === null ? null : fromJson<QuietHours>(quiet_hours);
}

/** The local time that the post asks for. */
export function localTimeOf({
  send_at,
  send_passed,
}: Pick<PostRow, "send_at" | "send_passed">): LocalTime | null {
  return send_at === null ? null : { at: send_at, passed: send_passed ?? "send-now" };
}

/** The times of the post's deliveries, as seen now. */
export function timingOf(
  post: PostRow,
  campaign: Pick<Campaign, "timeZone">,
  policies: Policies,
  now: number,
): Timing {
  return new Timing(
    {
      localTime: localTimeOf(post),
      quietHours: quietHoursOf(post, policies),
      timeZone: campaign.timeZone,
      startedAt: post.started_at === null ? now : toInteger(post.started_at),
    },
    now,
  );
}
