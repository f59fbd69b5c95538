/** For features that name posts and deliveries: whose they are. */
import { isId } from "../kernel/validate.ts";
import { toIntegerOrNull } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { isAmong } from "../storage/sets.ts";
import type { TrackedDelivery } from "../tracking/index.ts";

/** Whose a post is. */
export interface PostFacts {
  readonly campaignId: string;
  readonly channel: string;
}

/** Posts of the workspace. What is not in the answer is not in the workspace. */
export async function postFacts(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PostFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_posts")
    .select(["id", "campaign_id", "channel"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", ids))
    .execute();
  return new Map(rows.map((row) => [row.id, { campaignId: row.campaign_id, channel: row.channel }]));
}

/** Deliveries of the workspace. What is not in the answer is not in the workspace. */
export async function deliveryFacts(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, TrackedDelivery>> {
  const found = await selectTracked(db, ids, workspaceId);
  return new Map(found.map((delivery) => [delivery.deliveryId, delivery]));
}

/** The delivery behind a signed link, in whatever workspace: only a token that the engine signed leads here. */
export async function deliveryOfToken(db: Db, deliveryId: string): Promise<TrackedDelivery | null> {
  return (await selectTracked(db, [deliveryId], null))[0] ?? null;
}

async function selectTracked(
  db: Db,
  ids: readonly string[],
  workspaceId: string | null,
): Promise<readonly TrackedDelivery[]> {
  const given = ids.filter(isId);
  if (given.length === 0) return [];
  let query = db
    .selectFrom("ck_deliveries")
    .innerJoin("ck_posts", "ck_posts.id", "ck_deliveries.post_id")
    .select([
      "ck_deliveries.id",
      "ck_deliveries.workspace_id",
      "ck_deliveries.campaign_id",
      "ck_deliveries.post_id",
      "ck_deliveries.contact_id",
      "ck_deliveries.segment_set",
      "ck_deliveries.state",
      "ck_deliveries.settled_at",
      "ck_posts.channel",
    ])
    .where(isAmong(db, "ck_deliveries.id", "uuid", given));
  if (workspaceId !== null) query = query.where("ck_deliveries.workspace_id", "=", workspaceId);
  return (await query.execute()).map((row) => ({
    workspaceId: row.workspace_id,
    deliveryId: row.id,
    campaignId: row.campaign_id,
    postId: row.post_id,
    contactId: row.contact_id,
    channel: row.channel,
    variant: null,
    segmentSet: row.segment_set,
    // Of one in doubt the state changed when it was given up, which says nothing of when it went out.
    sentAt: row.state === "sent" || row.state === "sending" ? toIntegerOrNull(row.settled_at) : null,
  }));
}
