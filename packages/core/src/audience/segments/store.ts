/** The SQL of segments themselves. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import { toDate, toDateOrNull, toInteger } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import type { SegmentsTable } from "../../storage/tables/audience.ts";
import type { Segment, SegmentKind } from "./segment.ts";

/** A row as a segment. */
export function toSegment(row: Selectable<SegmentsTable>): Segment {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    kind: row.kind as SegmentKind,
    memberCount: toInteger(row.member_count),
    version: row.version,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    refreshedAt: toDateOrNull(row.refreshed_at),
  };
}

/** One segment, or `null`. */
export async function findSegment(db: Db, workspaceId: string, id: string): Promise<Segment | null> {
  const row = await db
    .selectFrom("ck_segments")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : toSegment(row);
}

/** One segment, locked until the unit ends. @throws {NOT_FOUND} */
export async function lockSegment(unit: Unit, id: string): Promise<Segment> {
  const forUpdate = familyOf(unit.db) === "postgres" ? sql`for update` : sql``;
  const { rows } = await sql<Selectable<SegmentsTable>>`
    select * from ck_segments where workspace_id = ${unit.workspaceId} and id = ${id} ${forUpdate}`.execute(
    unit.db,
  );
  if (rows[0] === undefined) throw notFound("segment", id);
  return toSegment(rows[0]);
}

/** Adds a segment. @returns whether its name was free. */
export async function insertSegment(
  unit: Unit,
  segment: {
    readonly id: string;
    readonly name: string;
    readonly description: string | null;
    readonly kind: SegmentKind;
  },
): Promise<boolean> {
  const inserted = await unit.db
    .insertInto("ck_segments")
    .values({
      workspace_id: unit.workspaceId,
      id: segment.id,
      name: segment.name,
      description: segment.description,
      kind: segment.kind,
      criteria: null,
      follows_clock: false,
      member_count: 0,
      version: 1,
      created_at: unit.now,
      updated_at: unit.now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "name"]).doNothing())
    .executeTakeFirst();
  return inserted.numInsertedOrUpdatedRows === 1n;
}
