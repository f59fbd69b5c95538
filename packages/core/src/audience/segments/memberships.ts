/** The SQL of one contact's memberships, over all segments of the workspace. */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { type StoredInteger, toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { idsAs, uuidOf } from "../../storage/sets.ts";
import { countBy } from "./members.ts";
import type { SegmentKind } from "./segment.ts";

/** A segment that a contact belongs to. */
export interface Membership {
  readonly segmentId: string;
  readonly name: string;
  readonly kind: SegmentKind;
  readonly joinedAt: Date;
}

/**
 * The segments that these contacts belong to, by contact. Looks into each segment's index: there are few segments and many members. A cross
 * join, because SQLite keeps its order.
 */
export async function membershipsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Membership[]>> {
  const { rows } = await sql<{
    contact_id: string;
    id: string;
    name: string;
    kind: SegmentKind;
    joined_at: StoredInteger;
  }>`
    select m.contact_id, s.id, s.name, s.kind, m.joined_at from ck_segments as s cross join ck_segment_members as m
    where s.workspace_id = ${workspaceId} and m.workspace_id = s.workspace_id and m.segment_id = s.id
      and m.contact_id in ${idsAs(db, contactIds)}
    order by m.contact_id, s.id`.execute(db);
  return new Map(
    [...Map.groupBy(rows, (row) => row.contact_id)].map(([contactId, own]) => [
      contactId,
      own.map((row) => ({
        segmentId: row.id,
        name: row.name,
        kind: row.kind,
        joinedAt: toDate(row.joined_at),
      })),
    ]),
  );
}

/** Takes contacts out of all segments, and corrects the counts, in id order. */
export async function dropMemberships(unit: Unit, contactIds: readonly string[]): Promise<void> {
  const { db, workspaceId } = unit;
  const { rows } = await sql<{ segment_id: string }>`
    delete from ck_segment_members
    where workspace_id = ${workspaceId} and segment_id in (select s.id from ck_segments as s where s.workspace_id = ${workspaceId})
      and contact_id in ${idsAs(db, contactIds)}
    returning segment_id`.execute(db);
  const bySegment = Map.groupBy(rows, (row) => row.segment_id);
  for (const segmentId of [...bySegment.keys()].sort())
    await countBy(unit, segmentId, -(bySegment.get(segmentId)?.length ?? 0));
}

/** Gives a contact the static memberships of another, which loses all of its own. */
export async function uniteMemberships(
  unit: Unit,
  { into, from }: { readonly into: string; readonly from: string },
): Promise<void> {
  const { db, workspaceId } = unit;
  const { rows } = await sql<{ segment_id: string }>`
    insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
    select m.workspace_id, m.segment_id, ${uuidOf(db, into)}, m.joined_at from ck_segments as s cross join ck_segment_members as m
    where s.workspace_id = ${workspaceId} and s.kind = 'static' and m.workspace_id = s.workspace_id and m.segment_id = s.id
      and m.contact_id = ${uuidOf(db, from)}
    order by m.segment_id
    on conflict (workspace_id, segment_id, contact_id) do nothing
    returning segment_id`.execute(db);
  for (const { segment_id } of rows) await countBy(unit, segment_id, 1);
  await dropMemberships(unit, [from]);
}

/** Forgets when these contacts joined and left. Reads all moves of the workspace: for erasures, which are rare. */
export async function dropMoves(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_segment_moves")
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "in", idsAs(unit.db, contactIds))
    .execute();
}
