/** The doors of a post: opening, holding and closing its dispatch, and ending it when all its deliveries have an outcome. */
import type { Unit } from "../kernel/unit.ts";
import type { Db } from "../storage/db.ts";
import { selectCounts } from "./deliveries-store.ts";
import { progressOf } from "./delivery.ts";
import { dispatchOutlook } from "./dispatch-store.ts";
import { type PostRow, updatePost } from "./posts-store.ts";

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

/** Whether the post has been called off. */
export async function isClosed(db: Db, postId: string): Promise<boolean> {
  const row = await db
    .selectFrom("ck_dispatches")
    .select("state")
    .where("post_id", "=", postId)
    .executeTakeFirst();
  return row === undefined || row.state === "closed";
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

/** Ends a post whose deliveries all have an outcome; `false` while any is open. */
export async function finishPost(unit: Unit, post: PostRow): Promise<boolean> {
  const current = await unit.db
    .selectFrom("ck_posts")
    .select("fanned_out")
    .where("id", "=", post.id)
    .where("workspace_id", "=", unit.workspaceId)
    .executeTakeFirst();
  if (current === undefined || !current.fanned_out) return false;
  const outlook = await dispatchOutlook(unit.db, post.id);
  if (outlook.dueAt !== null || outlook.claims > 0) return false;
  const progress = progressOf(await selectCounts(unit.db, [post.id]));
  if (progress.pending !== 0) return false;
  const removed = await unit.db
    .deleteFrom("ck_dispatches")
    .where("post_id", "=", post.id)
    .returning("state")
    .executeTakeFirst();
  if (removed === undefined) return false;
  const state = removed.state === "closed" ? "cancelled" : "sent";
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
  return true;
}
