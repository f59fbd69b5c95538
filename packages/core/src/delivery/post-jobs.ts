/** The jobs that bring a post on its way: its start, and the writing of its deliveries. */
import { defineJob, type JobKind } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { toIntegerOrNull } from "../storage/columns.ts";
import { firstInstantOf } from "./local-time.ts";
import type { PostRow } from "./posts-store.ts";
import { localTimeOf } from "./timing.ts";

/** What such a job carries. */
export interface PostJob {
  readonly postId: string;
  /** Since when the processes that took it have not had the post's channel, in epoch milliseconds; absent: they have. */
  readonly missingSince?: number;
}

/** How far the writing of a post's deliveries is: contacts up to that one are through. */
export interface FanOutJob extends PostJob {
  /** The segments of the campaign when the post started: who joins the plan later is not half of an audience. */
  readonly segmentIds: readonly string[];
  readonly after: string | null;
}

/** A post is due. */
export const startPostJob: JobKind<PostJob> = defineJob("post.start");

/** A post's deliveries are to be written, from after that contact on. */
export const fanOutJob: JobKind<FanOutJob> = defineJob("post.fan-out");

/** Orders the start of a post at its time; at that of the first of its recipients; or at once. */
export function planStart(
  unit: Unit,
  post: Pick<PostRow, "id" | "scheduled_at" | "send_at" | "send_passed">,
): void {
  const localTime = localTimeOf(post);
  const first = localTime === null ? unit.now : firstInstantOf(localTime);
  const at = toIntegerOrNull(post.scheduled_at) ?? first;
  unit.enqueue(startPostJob, { payload: { postId: post.id }, key: post.id, runAt: Math.max(at, unit.now) });
}
