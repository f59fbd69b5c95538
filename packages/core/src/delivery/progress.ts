/** How far posts are, when they will have ended, and what stands against saying so. */
import { loadCampaign } from "../campaigns/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { loadPolicies, type QuietHours } from "../policies/index.ts";
import { toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { limitOn } from "./accounts/daily.ts";
import { dayAt, firstDayOf } from "./accounts/day.ts";
import { selectUsed } from "./accounts/days-store.ts";
import { selectCounts } from "./counts-store.ts";
import { type DeliveryProgress, progressOf } from "./delivery.ts";
import { estimateEnd, type Outlook, paceOf } from "./estimate.ts";
import { type HoldReason, isWaitReason } from "./hold.ts";
import { selectHolds } from "./holds-store.ts";
import { selectPace } from "./pace-store.ts";
import type { PostRow } from "./posts-store.ts";
import { selectLater } from "./ready-store.ts";
import { quietHoursOf } from "./timing.ts";
import { countOpenOn } from "./turns-store.ts";

/**
 * Why no end can be estimated: it is over, or has not started; the audience is still being written down; nothing has gone out yet, so that there is
 * no pace; the plan leads too far ahead; or whatever holds the post.
 */
export type EstimateGap =
  | "ended"
  | "not-started"
  | "audience-growing"
  | "no-pace-yet"
  | "too-far"
  | HoldReason;

/** How far a sending is, and when it will have ended. */
export interface SendingProgress extends DeliveryProgress {
  /** When all will have an outcome, at the recent pace and after the waits that are known; `null` when nobody can say. */
  readonly estimatedEndAt: Date | null;
  /** Why there is no estimate; `null` when there is one. */
  readonly noEstimate: EstimateGap | null;
  /** For how many contacts the campaign's zone stood in for one that is not known, where zones matter to the post. */
  readonly zoneFallbacks: number;
}

/** A look-back for the pace: the last minutes before a night, or a day that was full. */
const PACE_SINCE_MS = 4 * 86_400_000;

type Estimate = { readonly at: number } | { readonly gap: EstimateGap };

/** The progress of posts of one campaign together. Costs by the posts, not by their deliveries. */
export async function progressOfPosts(
  kernel: Kernel,
  db: Db,
  workspaceId: string,
  posts: readonly PostRow[],
): Promise<SendingProgress> {
  const counts = await selectCounts(
    db,
    posts.map(({ id }) => id),
  );
  const estimates = new Map<string, Estimate>();
  const holds = await selectHolds(db, workspaceId, posts);
  const sending = posts.filter(({ state }) => state === "sending");
  const now = kernel.runtime.clock.now();
  const pace = await selectPace(
    db,
    sending.map(({ id }) => id),
    now - PACE_SINCE_MS,
  );
  for (const post of sending) {
    const hold = holds.get(post.id)?.reason;
    const { pending } = progressOf(counts.filter(({ postId }) => postId === post.id));
    const perMinute = paceOf(pace.get(post.id) ?? [], toInteger(post.started_at ?? now), now);
    // How long money lasts follows from prices, and from what else it is spent on.
    if (hold !== undefined && (hold === "daily-budget" || !isWaitReason(hold)))
      estimates.set(post.id, { gap: hold });
    else if (!post.fanned_out) estimates.set(post.id, { gap: "audience-growing" });
    else if (pending === 0) estimates.set(post.id, { at: now });
    else if (perMinute === null) estimates.set(post.id, { gap: "no-pace-yet" });
    else {
      const end = estimateEnd(
        await outlookOf({ kernel, db, workspaceId, post, now, pending, pace: perMinute }),
      );
      estimates.set(post.id, end === null ? { gap: "too-far" } : { at: end });
    }
  }
  return {
    ...progressOf(counts),
    ...together(posts, [...estimates.values()]),
    zoneFallbacks: posts.reduce((total, { zone_fallbacks }) => total + Number(zone_fallbacks), 0),
  };
}

function together(
  posts: readonly PostRow[],
  estimates: readonly Estimate[],
): Pick<SendingProgress, "estimatedEndAt" | "noEstimate"> {
  if (estimates.length === 0) {
    const over = posts.length > 0 && posts.every(({ state }) => state === "sent" || state === "cancelled");
    return { estimatedEndAt: null, noEstimate: over ? "ended" : "not-started" };
  }
  let last = 0;
  for (const estimate of estimates) {
    if ("gap" in estimate) return { estimatedEndAt: null, noEstimate: estimate.gap };
    last = Math.max(last, estimate.at);
  }
  return { estimatedEndAt: new Date(last), noEstimate: null };
}

async function outlookOf({
  kernel,
  db,
  workspaceId,
  post,
  ...known
}: {
  readonly kernel: Kernel;
  readonly db: Db;
  readonly workspaceId: string;
  readonly post: PostRow;
  readonly now: number;
  readonly pending: number;
  readonly pace: number;
}): Promise<Outlook> {
  const { timeZone } = await loadCampaign(db, workspaceId, post.campaign_id);
  const quietHours: readonly QuietHours[] = quietHoursOf(post, await loadPolicies(db, workspaceId));
  const later = await selectLater(db, post.id, known.now);
  return { ...known, later, quietHours, timeZone, daily: await shareOf(kernel, db, post.channel, known.now) };
}

/** The post's share of its channel's days, as if all open posts on it had the same. */
async function shareOf(kernel: Kernel, db: Db, channel: string, now: number): Promise<Outlook["daily"]> {
  const perDay = Object.hasOwn(kernel.channels, channel)
    ? kernel.channels[channel]?.limits.perDay
    : undefined;
  if (perDay === undefined) return null;
  const today = await dayAt(db, channel, perDay, now);
  const firstDay = await firstDayOf(db, channel, perDay, today.day);
  const posts = Math.max(1, await countOpenOn(db, channel));
  const left = Math.max(0, today.limit - (await selectUsed(db, today)));
  return {
    timeZone: perDay.timeZone,
    left: left / posts,
    shareOf: (day) => limitOn(perDay, day, firstDay) / posts,
  };
}
