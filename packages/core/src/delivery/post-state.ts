/** The doors of a post: opening, holding and closing its dispatch, and ending it when all its deliveries have an outcome. */
import type { Unit } from "../kernel/unit.ts";
import type { Db } from "../storage/db.ts";
import { selectCounts } from "./deliveries-store.ts";
import { progressOf } from "./delivery.ts";
import { dispatchOutlook } from "./dispatch-store.ts";
import { type PostRow, updatePost } from "./posts-store.ts";

/** Why a post is held whose campaign is paused. */
export const CAMPAIGN_PAUSED = "campaign-paused";

/** Why a post is held whose campaign, or channel, has no money left. */
export const BUDGET_EXHAUSTED = "budget-exhausted";

/** Whether deliveries of the post may go out now. */
export async function isOpen(db: Db, postId: string): Promise<boolean> {
  const row = await db
    .selectFrom("ck_dispatches")
    .select("state")
    .where("post_id", "=", postId)
    .executeTakeFirst();
  return row?.state === "open";
}

/** Locks the post's dispatch until the unit ends, and says its state; `undefined` when the post is not being sent. */
export async function lockDispatch(db: Db, postId: string): Promise<"open" | "held" | "closed" | undefined> {
  const row = await db
    .updateTable("ck_dispatches")
    .set((eb) => ({ state: eb.ref("state") }))
    .where("post_id", "=", postId)
    .returning("state")
    .executeTakeFirst();
  return row?.state;
}

/** Stops a post until somebody resumes it; what is in flight ends, the rest waits. */
export async function holdPost(
  unit: Unit,
  post: Pick<PostRow, "id" | "campaign_id" | "channel">,
  reason: string,
): Promise<void> {
  const held = await unit.db
    .updateTable("ck_dispatches")
    .set({ state: "held", reason })
    .where("post_id", "=", post.id)
    .where("workspace_id", "=", unit.workspaceId)
    .where("state", "=", "open")
    .executeTakeFirst();
  if (held.numUpdatedRows !== 1n) return;
  unit.record("post.held", {
    subject: { type: "post", id: post.id },
    data: { postId: post.id, campaignId: post.campaign_id, channel: post.channel, reason },
  });
}

/** `open`: some of its deliveries have no outcome yet. `gone`: it had ended before, or is in another state now. */
export type FinishOutcome = "finished" | "open" | "gone";

/**
 * Ends a post whose deliveries all have an outcome, when its dispatch is in that state.
 *
 * The dispatch is locked first: what is looked at then is not overtaken by a delivery that is tried again, or by a worker that gives one back. A
 * post that was called off needs no end of its fan-out: that stops by itself, under the same lock.
 */
export async function finishPost(
  unit: Unit,
  post: PostRow,
  wanted: "open" | "closed",
): Promise<FinishOutcome> {
  if ((await lockDispatch(unit.db, post.id)) !== wanted) return "gone";
  const current = await unit.db
    .selectFrom("ck_posts")
    .select("fanned_out")
    .where("id", "=", post.id)
    .where("workspace_id", "=", unit.workspaceId)
    .executeTakeFirst();
  if (wanted === "open" && !current?.fanned_out) return "open";
  const outlook = await dispatchOutlook(unit.db, post.id);
  if (outlook.dueAt !== null || outlook.claims > 0) return "open";
  const progress = progressOf(await selectCounts(unit.db, [post.id]));
  if (progress.pending !== 0) return "open";
  await unit.db
    .deleteFrom("ck_dispatches")
    .where("post_id", "=", post.id)
    .where("workspace_id", "=", unit.workspaceId)
    .execute();
  const state = wanted === "closed" ? "cancelled" : "sent";
  await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: post.id, states: ["sending"] },
    { state, finished_at: unit.now, updated_at: unit.now },
  );
  const { audience, sent, failed, skipped, uncertain } = progress;
  unit.record("post.finished", {
    subject: { type: "post", id: post.id },
    data: {
      postId: post.id,
      campaignId: post.campaign_id,
      channel: post.channel,
      state,
      audience,
      sent,
      failed,
      skipped,
      uncertain,
    },
  });
  return "finished";
}
