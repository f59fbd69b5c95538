/** What campaigns ask of delivery before they end. */
import type { Db } from "../storage/db.ts";
import { selectCounts } from "./counts-store.ts";
import { progressOf } from "./delivery.ts";
import { selectSending } from "./posts-store.ts";

/** How many deliveries of the campaign have no outcome yet; a post whose fan-out is not through counts as one at least. */
export async function openDeliveries(db: Db, workspaceId: string, campaignId: string): Promise<number> {
  const sending = await selectSending(db, workspaceId, campaignId);
  if (sending.length === 0) return 0;
  const { pending } = progressOf(await selectCounts(db, sending));
  return Math.max(pending, sending.length);
}
