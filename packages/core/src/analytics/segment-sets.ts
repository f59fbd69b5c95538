/**
 * Sets of segments: whose members somebody was counted as when a post's audience was written, or which segment an event names.
 *
 * Deliveries, events and sums carry the set's id, a hash of what is in it, so that there are as many rows of sums as combinations occur, and no
 * leaving, joining or deleting of a segment changes a result afterwards.
 */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import type { Db } from "../storage/db.ts";
import { isAmong, rowsAs } from "../storage/sets.ts";

/** The id of the set of no segments. */
export const NO_SEGMENTS = "";

/** The id of a set: the same for the same segments, in whatever order. */
export function segmentSetOf(segments: readonly string[]): string {
  if (segments.length === 0) return NO_SEGMENTS;
  const members = [...new Set(segments)].sort();
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url").slice(0, 20);
}

/** Makes sure that the ids of these sets can be read back. Idempotent, and safe from several workers at once. */
export async function keepSegmentSets(unit: Unit, sets: readonly (readonly string[])[]): Promise<void> {
  const rows = new Map<string, { readonly set_id: string; readonly segment: string }>();
  for (const segments of sets) {
    const set_id = segmentSetOf(segments);
    for (const segment of segments) rows.set(JSON.stringify([set_id, segment]), { set_id, segment });
  }
  if (rows.size === 0) return;
  const { db, workspaceId } = unit;
  await sql`
    insert into ck_segment_sets (workspace_id, set_id, segment)
    select ${workspaceId}, added.set_id, added.segment
    from ${rowsAs(db, "added", { set_id: "text", segment: "text" }, [...rows.values()])} where true
    order by added.set_id, added.segment
    on conflict (workspace_id, set_id, segment) do nothing
  `.execute(db);
}

/** What is in these sets. */
export async function segmentsOf(
  db: Db,
  workspaceId: string,
  setIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (setIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_segment_sets")
    .select(["set_id", "segment"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "set_id", "text", setIds))
    .orderBy("set_id")
    .orderBy("segment")
    .execute();
  return new Map(
    [...Map.groupBy(rows, (row) => row.set_id)].map(([id, of]) => [id, of.map(({ segment }) => segment)]),
  );
}
