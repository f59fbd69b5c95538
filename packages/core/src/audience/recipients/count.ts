/** How many people a campaign would reach out to, before any is skipped. */
import { sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";

/** The size of the distinct union of the segments' members. Costs by the audience: ask once, not per page. */
export async function countRecipients(
  db: Db,
  query: { readonly workspaceId: string; readonly segmentIds: readonly string[] },
): Promise<number> {
  if (query.segmentIds.length === 0) return 0;
  const { rows } = await sql<{ n: StoredInteger }>`
    select count(distinct m.contact_id) as n from ck_segment_members as m
    where m.workspace_id = ${query.workspaceId} and ${isAmong(db, "m.segment_id", "uuid", query.segmentIds)}`.execute(
    db,
  );
  return toInteger(rows[0]?.n ?? 0);
}
