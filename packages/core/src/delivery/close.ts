/** Calling posts off: no claim passes any more from the commit on; what was pending is skipped with the reason, page by page. */
import { defineJob, handleJob } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { countClaims } from "./claims-store.ts";
import { changeDeliveries, type DeliveryChange, selectStandings } from "./deliveries-store.ts";
import { skippedUnlessInDoubt } from "./delivery.ts";
import { closeDispatches } from "./dispatches-store.ts";
import { finishPost } from "./post-state.ts";
import { closePosts, selectPost } from "./posts-store.ts";
import { takeReady } from "./ready-store.ts";

/** The pending deliveries of a post are to be skipped. */
const skipPendingJob = defineJob<{ postId: string; reason: string }>("post.skip-pending");

const PAGE = 1_000;
const LOOK_AGAIN_MS = 2_000;
/** Later than anything is due. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;

/**
 * Closes the posts of a campaign, with the reason: those not started are cancelled, of those under way what has not gone out is skipped. What is
 * in flight ends by itself. Repeating it changes nothing more.
 */
export async function closePending(unit: Unit, campaignId: string, reason: string): Promise<void> {
  const cancelled = await closePosts(unit, campaignId);
  if (cancelled > 0) {
    unit.record("posts.cancelled", {
      subject: { type: "campaign", id: campaignId },
      data: { campaignId, count: cancelled, reason },
    });
  }
  for (const postId of await closeDispatches(unit, campaignId, reason))
    unit.enqueue(skipPendingJob, { payload: { postId, reason }, key: postId });
}

/** Skips what is pending until nothing is left, also what workers still have in hand and give back. */
export const skipPendingHandler = handleJob(skipPendingJob, async (job) => {
  const { postId, reason } = job.payload;
  while (!job.signal.aborted) {
    const skipped = await job.step({ next: "continue" }, (unit) => skipPage(unit, postId, reason));
    if (skipped > 0) continue;
    const inHand = await job.scope.read("delivery:read", (db) =>
      countClaims(db, job.scope.workspaceId, postId),
    );
    if (inHand === 0) break;
    return job.step(
      { next: "rest", until: job.kernel.runtime.clock.now() + LOOK_AGAIN_MS },
      async () => undefined,
    );
  }
  await job.step({ next: "finish" }, async (unit) => {
    const post = await selectPost(unit.db, unit.workspaceId, postId);
    if ((await finishPost(unit, post, "closed")) !== "open") return;
    // A worker gave something back in between.
    unit.enqueue(skipPendingJob, {
      payload: { postId, reason },
      key: `${postId}:${unit.now}`,
      runAt: unit.now + LOOK_AGAIN_MS,
    });
  });
});

async function skipPage(unit: Unit, postId: string, reason: string): Promise<number> {
  const ids = await takeReady(unit.db, postId, ANY_TIME, PAGE);
  const changes = (await selectStandings(unit, ids)).map(
    (delivery): DeliveryChange => ({
      id: delivery.id,
      ...skippedUnlessInDoubt(delivery.reason, reason),
      attempts: delivery.attempts,
    }),
  );
  await changeDeliveries(unit, { postId, part: 0 }, { states: ["pending"] }, changes);
  return ids.length;
}
