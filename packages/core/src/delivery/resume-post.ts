/** Letting a held post go on: its door is opened, and a job of it that was given up, or waits for the channel, runs again. */
import { takeDeadJob } from "../kernel/jobs/dead-store.ts";
import { rescheduleJob } from "../kernel/jobs/store.ts";
import type { Unit } from "../kernel/unit.ts";
import { probeNow } from "./accounts/accounts-store.ts";
import { releaseDispatch } from "./dispatches-store.ts";
import { isWaitReason } from "./hold.ts";
import { selectHolds } from "./holds-store.ts";
import { type FanOutJob, fanOutJob, startPostJob } from "./post-jobs.ts";
import { forgetMissingStart, type PostRow } from "./posts-store.ts";
import { channelNamed } from "./prepared-posts.ts";

/**
 * Lets the post go on; `false` when nothing holds it but time. Its campaign is active, and kept so by the caller.
 *
 * @throws {CONFIGURATION_INVALID} when its channel is still missing here.
 */
export async function resumePost(unit: Unit, post: PostRow): Promise<boolean> {
  const hold = (await selectHolds(unit.db, unit.workspaceId, [post])).get(post.id);
  if (hold === undefined || isWaitReason(hold.reason)) return false;
  if (hold.reason === "channel-missing") channelNamed(unit.kernel, post.channel);
  if (post.state === "sending") await releaseDispatch(unit, post.id);
  else await forgetMissingStart(unit, post.id);
  if (!post.fanned_out) await runAgain(unit, post);
  // Whoever resumes it says that the account is mended; a few messages will show. Nothing else is locked after the account.
  if (hold.reason === "auth" || hold.reason === "channel-suspended")
    await probeNow(unit.db, post.channel, unit.now);
  unit.wakeAfterCommit("delivery");
  return true;
}

async function runAgain(unit: Unit, post: PostRow): Promise<void> {
  const kind = post.state === "sending" ? fanOutJob : startPostJob;
  const job = { workspaceId: unit.workspaceId, kind: kind.name, key: post.id };
  const dead = await takeDeadJob(unit.db, job);
  // The payload is one that this kind of job has left behind.
  if (dead !== null) unit.enqueue(kind, { payload: dead as FanOutJob, key: post.id });
  else await rescheduleJob(unit.db, job, unit.now);
  unit.wakeAfterCommit("jobs");
}
