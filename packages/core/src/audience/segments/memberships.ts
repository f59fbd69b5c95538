/**
 * The SQL of one contact's memberships, over all segments of the workspace.
 *
 * Members are kept by segment, without a second index by contact, which would cost every fill as much again. There are few segments and many
 * members, so the segments are listed first and each is asked by its index.
 */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { idsAs, isAmong, uuidOf } from "../../storage/sets.ts";
import { countBy } from "./members.ts";
import type { SegmentKind } from "./segment.ts";

/** A segment that a contact belongs to. */
export interface Membership {
  readonly segmentId: string;
  readonly name: string;
  readonly kind: SegmentKind;
  readonly joinedAt: Date;
}

/** The segments that these contacts belong to, by contact, in the order of the segments' ids. */
export async function membershipsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Membership[]>> {
  const segments = await db
    .selectFrom("ck_segments")
    .select(["id", "name", "kind"])
    .where("workspace_id", "=", workspaceId)
    .orderBy("id")
    .execute();
  const members = await db
    .selectFrom("ck_segment_members")
    .select(["segment_id", "contact_id", "joined_at"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "segment_id", "uuid", idsOf(segments)))
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .execute();
  const known = new Map(segments.map((segment) => [segment.id, segment]));
  const memberships = members.flatMap((row) => {
    const segment = known.get(row.segment_id);
    return segment === undefined ? [] : [{ row, segment }];
  });
  memberships.sort((a, b) => (a.segment.id < b.segment.id ? -1 : 1));
  return new Map(
    [...Map.groupBy(memberships, ({ row }) => row.contact_id)].map(([contactId, own]) => [
      contactId,
      own.map(({ row, segment }) => ({
        segmentId: segment.id,
        name: segment.name,
        kind: segment.kind as SegmentKind,
        joinedAt: toDate(row.joined_at),
      })),
    ]),
  );
}

const idsOf = (rows: readonly { readonly id: string }[]): readonly string[] => rows.map(({ id }) => id);

/** Takes contacts out of all segments, and corrects the counts, in id order. */
export async function dropMemberships(unit: Unit, contactIds: readonly string[]): Promise<void> {
  const { db, workspaceId } = unit;
  const segments = await db
    .selectFrom("ck_segments")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .execute();
  const left = await db
    .deleteFrom("ck_segment_members")
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "segment_id", "uuid", idsOf(segments)))
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .returning("segment_id")
    .execute();
  const bySegment = Map.groupBy(left, (row) => row.segment_id);
  for (const segmentId of [...bySegment.keys()].sort())
    await countBy(unit, segmentId, -(bySegment.get(segmentId)?.length ?? 0));
}

/** Gives a contact the static memberships of another, which loses all of its own. */
export async function uniteMemberships(
  unit: Unit,
  { into, from }: { readonly into: string; readonly from: string },
): Promise<void> {
  const { db, workspaceId } = unit;
  const memberships = (await membershipsOf(db, workspaceId, [from])).get(from) ?? [];
  const statics = memberships.filter(({ kind }) => kind === "static").map(({ segmentId }) => segmentId);
  const { rows } = await sql<{ segment_id: string }>`
    insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
    select m.workspace_id, m.segment_id, ${uuidOf(db, into)}, m.joined_at
    from ${idsAs(db, statics)} as s cross join ck_segment_members as m
    where m.workspace_id = ${workspaceId} and m.segment_id = s.value and m.contact_id = ${uuidOf(db, from)}
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
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
