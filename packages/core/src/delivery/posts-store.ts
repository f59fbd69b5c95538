/** The SQL of posts. */
import type { Selectable, Updateable } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { notFound, requireId } from "../kernel/validate.ts";
import type { QuietHours } from "../policies/index.ts";
import { fromJson, toDate, toDateOrNull, toJson } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import type { PostsTable } from "../storage/tables/delivery.ts";
import type { PostHold } from "./hold.ts";
import type { LocalTime } from "./local-time.ts";
import type { Post } from "./post.ts";
import { localTimeOf, ownQuietHours } from "./timing.ts";

/** A post's row. */
export type PostRow = Selectable<PostsTable>;

/** A row in the engine's form, with what holds the post. */
export function toPost(row: PostRow, held: PostHold | null): Post {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    channel: row.channel,
    state: row.state,
    held,
    role: row.role,
    sequence: row.sequence,
    purpose: row.purpose,
    topic: row.topic,
    onUnknown: row.on_unknown,
    content: fromJson(row.content),
    contentVersion: row.content_version,
    scheduledAt: toDateOrNull(row.scheduled_at),
    localTime: localTimeOf(row),
    quietHours: ownQuietHours(row),
    approvedBy: isApproved(row) ? row.approved_by : null,
    startedAt: toDateOrNull(row.started_at),
    finishedAt: toDateOrNull(row.finished_at),
    version: row.version,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  };
}

/** Whether the present content, not an earlier one, was approved. */
export function isApproved(row: Pick<PostRow, "approved_version" | "content_version">): boolean {
  return row.approved_version === row.content_version;
}

/** What a new post's row needs. */
export interface NewPostRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly channel: string;
  readonly draft: boolean;
  readonly role: PostRow["role"];
  readonly sequence: number;
  readonly purpose: PostRow["purpose"];
  readonly topic: string | null;
  readonly onUnknown: PostRow["on_unknown"];
  readonly content: object;
  readonly scheduledAt: number | null;
  readonly localTime: LocalTime | null;
  readonly quietHours: QuietHours | null;
  readonly now: number;
}

/** The columns of a post's local time. */
export function localTimeColumns(localTime: LocalTime | null): Pick<PostRow, "send_at" | "send_passed"> {
  return localTime === null
    ? { send_at: null, send_passed: null }
    : { send_at: localTime.at, send_passed: localTime.passed ?? "send-now" };
}

/** Adds a post. */
export async function insertPost(db: Db, post: NewPostRow): Promise<PostRow> {
  return db
    .insertInto("ck_posts")
    .values({
      id: post.id,
      workspace_id: post.workspaceId,
      campaign_id: post.campaignId,
      channel: post.channel,
      state: post.draft ? "draft" : "planned",
      role: post.role,
      sequence: post.sequence,
      purpose: post.purpose,
      topic: post.topic,
      on_unknown: post.onUnknown,
      content: toJson(post.content),
      content_version: 1,
      scheduled_at: post.scheduledAt,
      ...localTimeColumns(post.localTime),
      quiet_hours: post.quietHours === null ? null : toJson(post.quietHours),
      zone_fallbacks: 0,
      approved_by: null,
      approved_at: null,
      approved_version: null,
      fanned_out: false,
      started_at: null,
      finished_at: null,
      closed_from: null,
      version: 1,
      created_at: post.now,
      updated_at: post.now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** The post, if this workspace has it. @throws {NOT_FOUND} */
export async function selectPost(db: Db, workspaceId: string, id: string): Promise<PostRow> {
  const row = await db
    .selectFrom("ck_posts")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", requireId("post", id))
    .executeTakeFirst();
  if (row === undefined) throw notFound("post", id);
  return row;
}

/** The posts of a campaign in their order. */
export function selectCampaignPosts(db: Db, workspaceId: string, campaignId: string): Promise<PostRow[]> {
  return db
    .selectFrom("ck_posts")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .orderBy("sequence")
    .orderBy("id")
    .execute();
}

/** The ids of the campaign's posts that are being sent. */
export async function selectSending(
  db: Db,
  workspaceId: string,
  campaignId: string,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("ck_posts")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "=", "sending")
    .orderBy("id")
    .execute();
  return rows.map(({ id }) => id);
}

/** The next free number in the campaign's story. */
export async function nextSequence(db: Db, workspaceId: string, campaignId: string): Promise<number> {
  const row = await db
    .selectFrom("ck_posts")
    .select((eb) => eb.fn.max("sequence").as("last"))
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .executeTakeFirst();
  return row?.last == null ? 1 : Number(row.last) + 1;
}

/**
 * Changes a post that still has the given version and one of the given states; `undefined` when it has not. Whether its channel is missing shows
 * anew after that.
 */
export async function updatePost(
  db: Db,
  where: {
    readonly workspaceId: string;
    readonly id: string;
    readonly version?: number;
    readonly states: readonly PostRow["state"][];
  },
  change: Omit<Updateable<PostsTable>, "id" | "workspace_id" | "version" | "channel_missing_since">,
): Promise<PostRow | undefined> {
  let query = db
    .updateTable("ck_posts")
    .set((eb) => ({ ...change, channel_missing_since: null, version: eb("version", "+", 1) }))
    .where("workspace_id", "=", where.workspaceId)
    .where("id", "=", where.id)
    .where("state", "in", [...where.states]);
  if (where.version !== undefined) query = query.where("version", "=", where.version);
  return query.returningAll().executeTakeFirst();
}

/** Counts contacts for whom the campaign's zone stood in. */
export async function addZoneFallbacks(unit: Unit, postId: string, count: number): Promise<void> {
  if (count === 0) return;
  await unit.db
    .updateTable("ck_posts")
    .set((eb) => ({ zone_fallbacks: eb("zone_fallbacks", "+", count) }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", postId)
    .execute();
}

/** Says of a planned post since when nobody has had the channel to start it; `false` when that was said before. */
export async function markStartMissing(unit: Unit, postId: string, since: number): Promise<boolean> {
  const marked = await unit.db
    .updateTable("ck_posts")
    .set({ channel_missing_since: since })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", postId)
    .where("state", "=", "planned")
    .where("channel_missing_since", "is", null)
    .executeTakeFirst();
  return marked.numUpdatedRows === 1n;
}

/** Takes that back. */
export async function forgetMissingStart(unit: Unit, postId: string): Promise<void> {
  await unit.db
    .updateTable("ck_posts")
    .set({ channel_missing_since: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", postId)
    .execute();
}

/** Cancels the posts of a campaign that have not started, because it ends; returns how many. */
export async function closePosts(unit: Unit, campaignId: string): Promise<number> {
  const closed = await unit.db
    .updateTable("ck_posts")
    .set((eb) => ({
      closed_from: eb.ref("state"),
      state: "cancelled",
      finished_at: unit.now,
      updated_at: unit.now,
      version: eb("version", "+", 1),
    }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "in", ["draft", "planned", "awaiting-approval"])
    .executeTakeFirst();
  return Number(closed.numUpdatedRows);
}

/** Takes back the approvals of posts that have not started: who gets them, or how, has changed since. */
export async function dropApprovals(unit: Unit, campaignId: string): Promise<void> {
  await unit.db
    .updateTable("ck_posts")
    .set((eb) => ({
      approved_by: null,
      approved_at: null,
      approved_version: null,
      updated_at: unit.now,
      version: eb("version", "+", 1),
    }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "in", ["draft", "planned", "awaiting-approval"])
    .where("approved_version", "is not", null)
    .execute();
}
