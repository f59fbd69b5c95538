/** The SQL of a static segment's members, and the count kept beside them. */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { isId } from "../../kernel/validate.ts";
import type { Db } from "../../storage/db.ts";
import { bigintOf, idsAs, isAmong, uuidOf } from "../../storage/sets.ts";
import type { MembersAdded } from "./segment.ts";

/** Which of the ids are contacts that were not erased. */
async function livingAmong(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("ck_contacts")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", ids))
    .where("erased_at", "is", null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Adds members to a locked segment. */
export async function addMembers(
  unit: Unit,
  segmentId: string,
  contactIds: readonly string[],
): Promise<MembersAdded> {
  const { db, workspaceId } = unit;
  const asked = [...new Set(contactIds)];
  const living = await livingAmong(db, workspaceId, asked.filter(isId));
  const inserted = await sql`
    insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
    select ${workspaceId}, ${uuidOf(db, segmentId)}, ids.value, ${bigintOf(unit.now)}
    from ${idsAs(db, [...living])} as ids
    where true
    order by ids.value
    on conflict (workspace_id, segment_id, contact_id) do nothing`.execute(db);
  const added = Number(inserted.numAffectedRows ?? 0n);
  await countBy(unit, segmentId, added);
  return { added, already: living.size - added, unknown: asked.filter((id) => !living.has(id)) };
}

/** Removes members from a locked segment. @returns those that were members. */
export async function removeMembers(
  unit: Unit,
  segmentId: string,
  contactIds: readonly string[],
): Promise<{ readonly ids: readonly string[] }> {
  const deleted = await unit.db
    .deleteFrom("ck_segment_members")
    .where("workspace_id", "=", unit.workspaceId)
    .where("segment_id", "=", segmentId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds.filter(isId)))
    .returning("contact_id")
    .execute();
  await countBy(unit, segmentId, -deleted.length);
  return { ids: deleted.map((row) => row.contact_id) };
}

/** Moves the count of a segment. */
export async function countBy(unit: Unit, segmentId: string, difference: number): Promise<void> {
  if (difference === 0) return;
  await sql`
    update ck_segments set member_count = member_count + ${bigintOf(difference)}
    where workspace_id = ${unit.workspaceId} and id = ${uuidOf(unit.db, segmentId)}`.execute(unit.db);
}

/** Takes all members and moves away from a locked segment. */
export async function clearSegment(unit: Unit, segmentId: string): Promise<void> {
  for (const table of ["ck_segment_members", "ck_segment_moves"] as const)
    await unit.db
      .deleteFrom(table)
      .where("workspace_id", "=", unit.workspaceId)
      .where("segment_id", "=", segmentId)
      .execute();
}
