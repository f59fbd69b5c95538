/** The SQL of segments themselves and of the links between them. Nothing else writes the two tables. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import { fromJson, toDate, toDateOrNull, toInteger, toJson } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";
import type { SegmentsTable } from "../../storage/tables/audience.ts";
import type { Criteria } from "./criteria/criteria.ts";
import { usesOf } from "./criteria/uses.ts";
import type { Segment, SegmentKind } from "./segment.ts";

/** A row as a segment. */
function toSegment(row: Selectable<SegmentsTable>): Segment {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    kind: row.kind as SegmentKind,
    criteria: row.criteria === null ? null : fromJson<Criteria>(row.criteria),
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

/** A part of the workspace's segments, in the order of their ids. */
export async function segmentPage(
  db: Db,
  workspaceId: string,
  page: { readonly after: string | null; readonly limit: number },
  filter: { readonly kind?: SegmentKind },
): Promise<readonly Segment[]> {
  let query = db
    .selectFrom("ck_segments")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .orderBy("id")
    .limit(sql.lit(page.limit));
  if (page.after !== null) query = query.where("id", ">", page.after);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  return (await query.execute()).map(toSegment);
}

/** Segments locked until the unit ends, always in id order, so that two units never wait for each other. */
export async function lockSegments(
  unit: Unit,
  which: readonly string[] | "all-dynamic" | "all",
): Promise<readonly Segment[]> {
  const { db, workspaceId } = unit;
  const forUpdate = familyOf(db) === "postgres" ? sql`for update` : sql``;
  const filter =
    which === "all"
      ? sql``
      : which === "all-dynamic"
        ? sql`and kind = 'dynamic'`
        : sql`and ${isAmong(db, "id", "uuid", which)}`;
  const { rows } = await sql<Selectable<SegmentsTable>>`
    select * from ck_segments where workspace_id = ${workspaceId} ${filter} order by id ${forUpdate}`.execute(
    db,
  );
  return rows.map(toSegment);
}

/** One segment, locked until the unit ends. @throws {NOT_FOUND} */
export async function lockSegment(unit: Unit, id: string): Promise<Segment> {
  const [segment] = await lockSegments(unit, [id]);
  if (segment === undefined) throw notFound("segment", id);
  return segment;
}

/** What is written of a segment. */
export interface SegmentValues {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly kind: SegmentKind;
  readonly criteria: Criteria | null;
}

function criteriaColumns(criteria: Criteria | null): {
  readonly criteria: string | null;
  readonly follows_clock: boolean;
} {
  if (criteria === null) return { criteria: null, follows_clock: false };
  return { criteria: toJson(criteria), follows_clock: usesOf(criteria).clock };
}

/** Adds a segment. @returns whether its name was free. */
export async function insertSegment(unit: Unit, segment: SegmentValues): Promise<boolean> {
  const inserted = await unit.db
    .insertInto("ck_segments")
    .values({
      workspace_id: unit.workspaceId,
      id: segment.id,
      name: segment.name,
      description: segment.description,
      kind: segment.kind,
      ...criteriaColumns(segment.criteria),
      member_count: 0,
      version: 1,
      created_at: unit.now,
      updated_at: unit.now,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "name"]).doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows !== 1n) return false;
  await linkSegment(unit, segment);
  return true;
}

/** Writes a locked segment anew. @throws {STORAGE_FAILED} of kind `unique` when the name is taken. */
export async function updateSegment(unit: Unit, segment: SegmentValues): Promise<void> {
  await unit.db
    .updateTable("ck_segments")
    .set((row) => ({
      name: segment.name,
      description: segment.description,
      ...criteriaColumns(segment.criteria),
      version: row("version", "+", 1),
      updated_at: unit.now,
    }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", segment.id)
    .execute();
  await linkSegment(unit, segment);
}

async function linkSegment(unit: Unit, segment: SegmentValues): Promise<void> {
  await unlinkSegment(unit, segment.id);
  const uses = segment.criteria === null ? [] : [...usesOf(segment.criteria).segments];
  if (uses.length === 0) return;
  await unit.db
    .insertInto("ck_segment_links")
    .values(
      uses.map((usesId) => ({ workspace_id: unit.workspaceId, segment_id: segment.id, uses_id: usesId })),
    )
    .execute();
}

async function unlinkSegment(unit: Unit, id: string): Promise<void> {
  await unit.db
    .deleteFrom("ck_segment_links")
    .where("workspace_id", "=", unit.workspaceId)
    .where("segment_id", "=", id)
    .execute();
}

/** Whether the name belongs to another segment. */
export async function isNameTaken(
  db: Db,
  workspaceId: string,
  name: string,
  exceptId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom("ck_segments")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", name)
    .where("id", "<>", exceptId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Which segment looks at which, in the whole workspace. */
export async function segmentLinks(
  db: Db,
  workspaceId: string,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await db
    .selectFrom("ck_segment_links")
    .select(["segment_id", "uses_id"])
    .where("workspace_id", "=", workspaceId)
    .execute();
  const byId = Map.groupBy(rows, (row) => row.segment_id);
  return new Map([...byId].map(([id, own]) => [id, new Set(own.map((row) => row.uses_id))]));
}

/** Removes a locked segment with its links. Its members and moves are removed by their own stores. */
export async function deleteSegment(unit: Unit, id: string): Promise<void> {
  await unlinkSegment(unit, id);
  await unit.db
    .deleteFrom("ck_segments")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}

/** Notes that a segment was evaluated as a whole. */
export async function markRefreshed(unit: Unit, id: string): Promise<void> {
  await unit.db
    .updateTable("ck_segments")
    .set({ refreshed_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}

/** The dynamic segments whose members change with the time. */
export async function clockSegmentIds(db: Db, workspaceId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("ck_segments")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("kind", "=", "dynamic")
    .where("follows_clock", "=", true)
    .orderBy("id")
    .execute();
  return rows.map(({ id }) => id);
}

/** The ids of all segments of the workspace. */
export async function segmentIds(db: Db, workspaceId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("ck_segments")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
