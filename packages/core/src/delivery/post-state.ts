/** Holding a post, and ending it when all its deliveries have an outcome. */
import type { Unit } from "../kernel/unit.ts";
import { countClaims } from "./claims-store.ts";
import { selectCounts } from "./counts-store.ts";
import { progressOf } from "./delivery.ts";
import {
  type DispatchedPost,
  deleteDispatch,
  holdDispatch,
  lockDispatch,
  restDispatchFor,
} from "./dispatches-store.ts";
import type { HoldReason, WaitReason } from "./hold.ts";
import { deletePace } from "./pace-store.ts";
import { type PostRow, updatePost } from "./posts-store.ts";
import { firstDueAt } from "./ready-store.ts";

/** Why a post is held whose campaign is paused. */
export const CAMPAIGN_PAUSED = "campaign-paused" satisfies HoldReason;

/** Why a post is held whose campaign, or channel, has no money left. */
export const BUDGET_EXHAUSTED = "budget-exhausted" satisfies HoldReason;

/** Stops a post until somebody resumes it; what is in flight ends, the rest waits. */
export async function holdPost(unit: Unit, post: DispatchedPost, reason: HoldReason): Promise<void> {
  if (await holdDispatch(unit, post.id, reason)) recordHeld(unit, post, reason);
}

/** Lets a post wait until then; what is in flight ends. It goes on by itself. */
export async function waitUntil(
  unit: Unit,
  post: DispatchedPost,
  reason: WaitReason,
  until: number,
): Promise<void> {
  await restDispatchFor(unit, post.id, until, reason);
  recordHeld(unit, post, reason);
}

/** Tells that a post does not go on, and why. */
export function recordHeld(unit: Unit, post: DispatchedPost, reason: HoldReason): void {
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
  if ((await lockDispatch(unit, post.id)) !== wanted) return "gone";
  const current = await unit.db
    .selectFrom("ck_posts")
    .select("fanned_out")
    .where("id", "=", post.id)
    .where("workspace_id", "=", unit.workspaceId)
    .executeTakeFirst();
  if (wanted === "open" && !current?.fanned_out) return "open";
  if ((await firstDueAt(unit.db, post.id)) !== null) return "open";
  if ((await countClaims(unit.db, unit.workspaceId, post.id)) > 0) return "open";
  const progress = progressOf(await selectCounts(unit.db, [post.id]));
  if (progress.pending !== 0) return "open";
  await deleteDispatch(unit, post.id);
  await deletePace(unit, post.id);
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
