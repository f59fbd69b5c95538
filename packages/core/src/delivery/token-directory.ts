/** The delivery behind a signed link. */
import { isId } from "../kernel/validate.ts";
import type { Db } from "../storage/db.ts";
import type { TrackedDelivery } from "../tracking/index.ts";

/** The delivery, in whatever workspace: only a token that the engine signed leads here. */
export async function deliveryOfToken(db: Db, deliveryId: string): Promise<TrackedDelivery | null> {
  if (!isId(deliveryId)) return null;
  const row = await db
    .selectFrom("ck_deliveries")
    .innerJoin("ck_posts", "ck_posts.id", "ck_deliveries.post_id")
    .select([
      "ck_deliveries.workspace_id",
      "ck_deliveries.campaign_id",
      "ck_deliveries.post_id",
      "ck_deliveries.contact_id",
      "ck_posts.channel",
    ])
    .where("ck_deliveries.id", "=", deliveryId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    workspaceId: row.workspace_id,
    deliveryId,
    campaignId: row.campaign_id,
    postId: row.post_id,
    contactId: row.contact_id,
    channel: row.channel,
    variant: null,
  };
}
