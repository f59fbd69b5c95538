/**
 * The SQL of dispatches: a post that is being sent has one. Its state is the door that deliveries pass (`open`, `held`, `closed`), its row the
 * lock under which anything is decided about the post, and its times say when it is looked at next, and who waits longest.
 */
import type { Selectable } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { toInteger } from "../storage/columns.ts";
import { type Db, familyOf } from "../storage/db.ts";
import type { DispatchesTable } from "../storage/tables/delivery.ts";
import type { PostRow } from "./posts-store.ts";

/** Whether deliveries of the post may go out. */
export type DispatchState = Selectable<DispatchesTable>["state"];

/** What of a post its dispatch repeats. */
export interface DispatchedPost {
  readonly id: string;
  readonly campaign_id: string;
  readonly channel: string;
}

/** The lane of a post's purpose: what somebody's own order calls for goes first. */
const LANES = { transactional: 0, marketing: 1 } as const satisfies Record<PostRow["purpose"], number>;

/** An open post that nobody serves. */
export interface UnservedPost extends DispatchedPost {
  readonly workspaceId: string;
  /** Since when it waits, in epoch milliseconds. */
  readonly since: number;
}

/**
 * Open posts on these channels, over all workspaces, that nobody has served or held a claim of since then, and of which that was not said yet.
 * Somebody has a channel whose posts are served one after another, or whose account is known to be in trouble.
 */
export async function selectUnserved(
  db: Db,
  channels: readonly string[],
  since: number,
): Promise<readonly UnservedPost[]> {
  const rows = await db
    .selectFrom("ck_dispatches as d")
    .select(["d.post_id", "d.workspace_id", "d.campaign_id", "d.channel", "d.next_at", "d.turn_at"])
    .where("d.state", "=", "open")
    .where("d.reason", "is", null)
    .where("d.channel", "in", [...channels])
    .where("d.next_at", "<=", since)
    .where("d.turn_at", "<=", since)
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(selectFrom("ck_delivery_claims as c").select("c.id").whereRef("c.post_id", "=", "d.post_id")),
      ),
    )
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom("ck_dispatches as other")
            .select("other.post_id")
            .whereRef("other.channel", "=", "d.channel")
            .where("other.turn_at", ">", since),
        ),
      ),
    )
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom("ck_channel_accounts as a")
            .select("a.channel")
            .whereRef("a.channel", "=", "d.channel")
            .where(({ eb, or }) => or([eb("a.state", "<>", "working"), eb("a.blocked_until", ">", since)])),
        ),
      ),
    )
    .orderBy("d.post_id")
    .limit(100)
    .execute();
  return rows.map((row) => ({
    id: row.post_id,
    workspaceId: row.workspace_id,
    campaign_id: row.campaign_id,
    channel: row.channel,
    since: Math.max(toInteger(row.next_at), toInteger(row.turn_at)),
  }));
}

/** Opens, or holds, the post for sending. One that is being sent already stays as it is, and is looked at now. */
export async function insertDispatch(
  unit: Unit,
  post: DispatchedPost & Pick<PostRow, "purpose">,
  door: { readonly state: "open" | "held"; readonly reason: string | null },
): Promise<void> {
  await unit.db
    .insertInto("ck_dispatches")
    .values({
      post_id: post.id,
      workspace_id: unit.workspaceId,
      campaign_id: post.campaign_id,
      channel: post.channel,
      ...door,
      held_since: door.state === "held" ? unit.now : null,
      lane: LANES[post.purpose],
      next_at: unit.now,
      turn_at: 0,
      turn: 0,
    })
    .onConflict((conflict) => conflict.column("post_id").doUpdateSet({ next_at: unit.now }))
    .execute();
}

/** The post is sent no more. */
export async function deleteDispatch(unit: Unit, postId: string): Promise<void> {
  await unit.db
    .deleteFrom("ck_dispatches")
    .where("workspace_id", "=", unit.workspaceId)
    .where("post_id", "=", postId)
    .execute();
}

/** The update of one post's dispatch. */
function update(unit: Unit, postId: string) {
  return unit.db
    .updateTable("ck_dispatches")
    .where("workspace_id", "=", unit.workspaceId)
    .where("post_id", "=", postId);
}

/** The update of the dispatches of a campaign. */
function updateCampaign(unit: Unit, campaignId: string) {
  return unit.db
    .updateTable("ck_dispatches")
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId);
}

/** Marks the post as served now, whatever was said to keep it; `false` when it is no longer open. Locks its row until commit, so that a pause waits or wins. */
export async function takeTurn(unit: Unit, postId: string, turn: number): Promise<boolean> {
  const taken = await update(unit, postId)
    .set({ turn_at: unit.now, turn, reason: null, held_since: null })
    .where("state", "=", "open")
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n;
}

/**
 * Locks the post's dispatch until the unit ends, and says its state; `undefined` when the post is not being sent. SQLite locks the database at
 * the start of each unit instead.
 *
 * The order of locks: campaign, claim, dispatch, deliveries and their counters, frequency caps, the budget's counters, results.
 */
export async function lockDispatch(unit: Unit, postId: string): Promise<DispatchState | undefined> {
  const row = await unit.db
    .selectFrom("ck_dispatches")
    .select("state")
    .where("workspace_id", "=", unit.workspaceId)
    .where("post_id", "=", postId)
    .$if(familyOf(unit.db) === "postgres", (query) => query.forUpdate())
    .executeTakeFirst();
  return row?.state;
}

/** Whether deliveries of the post may go out now. */
export async function isOpen(unit: Unit, postId: string): Promise<boolean> {
  const row = await unit.db
    .selectFrom("ck_dispatches")
    .select("state")
    .where("workspace_id", "=", unit.workspaceId)
    .where("post_id", "=", postId)
    .executeTakeFirst();
  return row?.state === "open";
}

/** Lets the post be looked at not later than then. */
export async function wakeDispatch(unit: Unit, postId: string, at: number): Promise<void> {
  await update(unit, postId).set({ next_at: at }).where("next_at", ">", at).execute();
}

/** Lets the post rest until then. */
export async function restDispatch(unit: Unit, postId: string, until: number): Promise<void> {
  await update(unit, postId).set({ next_at: until }).execute();
}

/** Lets an open post rest until then, and says why. */
export async function restDispatchFor(
  unit: Unit,
  postId: string,
  until: number,
  reason: string,
): Promise<void> {
  await update(unit, postId)
    .set({ next_at: until, reason, held_since: unit.now })
    .where("state", "=", "open")
    .execute();
}

/** Holds an open post; `false` when it was not open. */
export async function holdDispatch(unit: Unit, postId: string, reason: string): Promise<boolean> {
  const held = await update(unit, postId)
    .set({ state: "held", reason, held_since: unit.now })
    .where("state", "=", "open")
    .executeTakeFirst();
  return held.numUpdatedRows === 1n;
}

/** Says of an open post that is not served, since when and why; `false` when it is not open, was served since, or that was said before. */
export async function noteOnOpen(
  unit: Unit,
  postId: string,
  { reason, since }: { readonly reason: string; readonly since: number },
): Promise<boolean> {
  const noted = await update(unit, postId)
    .set({ reason, held_since: since })
    .where("state", "=", "open")
    .where("reason", "is", null)
    .where("turn_at", "<=", since)
    .executeTakeFirst();
  return noted.numUpdatedRows === 1n;
}

/** Opens a held post, and takes back what was said of an open one; `false` when neither was so. */
export async function releaseDispatch(unit: Unit, postId: string): Promise<boolean> {
  const released = await update(unit, postId)
    .set({ state: "open", reason: null, held_since: null, next_at: unit.now })
    .where("state", "in", ["held", "open"])
    .where("reason", "is not", null)
    .executeTakeFirst();
  return released.numUpdatedRows === 1n;
}

/** Holds the open posts of a campaign. */
export async function holdDispatches(unit: Unit, campaignId: string, reason: string): Promise<void> {
  await updateCampaign(unit, campaignId)
    .set({ state: "held", reason, held_since: unit.now })
    .where("state", "=", "open")
    .execute();
}

/** Opens the posts of a campaign that are held for one of these reasons. */
export async function releaseDispatches(
  unit: Unit,
  campaignId: string,
  reasons: readonly string[],
): Promise<void> {
  await updateCampaign(unit, campaignId)
    .set({ state: "open", reason: null, held_since: null, next_at: unit.now })
    .where("state", "=", "held")
    .where("reason", "in", [...reasons])
    .execute();
}

/** Opens the posts of a campaign that are held for that reason, or rest until then: on that channel, or on all. */
export async function releaseWaiting(
  unit: Unit,
  campaignId: string,
  waiting: { readonly channel: string | null; readonly reason: string; readonly restingUntil: number },
): Promise<void> {
  await updateCampaign(unit, campaignId)
    .set({ state: "open", reason: null, held_since: null, next_at: unit.now })
    .where(({ and, eb, or }) =>
      or([
        and([eb("state", "=", "held"), eb("reason", "=", waiting.reason)]),
        and([eb("state", "=", "open"), eb("next_at", "=", waiting.restingUntil)]),
      ]),
    )
    .$if(waiting.channel !== null, (query) => query.where("channel", "=", waiting.channel ?? ""))
    .execute();
}

/** Closes the posts of a campaign for good; returns those that were not closed before. */
export async function closeDispatches(
  unit: Unit,
  campaignId: string,
  reason: string,
): Promise<readonly string[]> {
  const closed = await updateCampaign(unit, campaignId)
    .set({ state: "closed", reason, held_since: null })
    .where("state", "<>", "closed")
    .returning("post_id")
    .execute();
  return closed.map(({ post_id }) => post_id);
}
