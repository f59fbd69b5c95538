/** Calling posts off: no claim passes any more from the commit on; what was pending is skipped with the reason, page by page. */
import { defineJob, handleJob } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { addCounts, type DeliveryChange, selectStates, updateDeliveries } from "./deliveries-store.ts";
import { skippedUnlessInDoubt } from "./delivery.ts";
import { claimReady, dispatchOutlook } from "./dispatch-store.ts";
import { finishPost } from "./post-state.ts";
import { selectPost } from "./posts-store.ts";

/** The pending deliveries of a post are to be skipped. */
const skipPendingJob = defineJob<{ postId: string; reason: string }>("post.skip-pending");

const PAGE = 1_000;
const LOOK_AGAIN_MS = 2_000;
/** Later than anything is due. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;

/** Closes the posts of a campaign: those not started are cancelled, those under way are closed. */
export async function closePosts(unit: Unit, campaignId: string, reason: string): Promise<void> {
  await unit.db
    .updateTable("ck_posts")
    .set((eb) => ({
      state: "cancelled",
      finished_at: unit.now,
      updated_at: unit.now,
      version: eb("version", "+", 1),
    }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "in", ["draft", "planned", "awaiting-approval"])
    .execute();
  const closed = await unit.db
    .updateTable("ck_dispatches")
    .set({ state: "closed", reason })
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "<>", "closed")
    .returning("post_id")
    .execute();
  for (const { post_id } of closed)
    unit.enqueue(skipPendingJob, { payload: { postId: post_id, reason }, key: post_id });
}

/** Skips what is pending until nothing is left, also what workers still have in hand and give back. */
export const skipPendingHandler = handleJob(skipPendingJob, async (job) => {
  const { postId, reason } = job.payload;
  while (!job.signal.aborted) {
    const skipped = await job.step({ next: "continue" }, (unit) => skipPage(unit, postId, reason));
    if (skipped > 0) continue;
    const { claims } = await job.scope.read("delivery:read", (db) => dispatchOutlook(db, postId));
    if (claims === 0) break;
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
  const ids = await claimReady(unit.db, postId, ANY_TIME, PAGE);
  if (ids.length === 0) return 0;
  const changes = (await selectStates(unit.db, ids)).map(
    (row): DeliveryChange => ({
      id: row.id,
      ...skippedUnlessInDoubt(row.reason, reason),
      attempts: row.attempts,
      externalId: null,
      error: null,
      costMicros: 0,
    }),
  );
  const changed = await updateDeliveries(unit.db, ["pending"], changes, unit.now);
  const counts = changes
    .filter(({ id }) => changed.has(id))
    .flatMap((change) => [
      { state: "pending", reason: "", n: -1 },
      { state: change.state, reason: change.reason, n: 1 },
    ]);
  await addCounts(unit.db, postId, 0, counts);
  return ids.length;
}
