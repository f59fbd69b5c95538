/** The SQL that makes the members of dynamic segments what their criteria say, by difference: who is missing joins, who has left goes. */
import { type RawBuilder, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import { bigintOf, isAmong, uuidOf } from "../../storage/sets.ts";
import type { AttributeTypes } from "../attributes/attribute.ts";
import { compileCriteria } from "./criteria/compile.ts";
import type { Criteria } from "./criteria/criteria.ts";
import { countBy } from "./members.ts";
import type { MembersMoved } from "./segment.ts";

/** A segment to be evaluated; it is locked. */
export interface Evaluation {
  readonly segmentId: string;
  readonly criteria: Criteria;
  readonly types: AttributeTypes;
  /** Only these contacts, where the others are known to be right. */
  readonly contactIds?: readonly string[];
}

/** Contacts of the workspace that meet criteria, as `ck_contacts as c`; stands behind FROM. */
export function contactsMeeting(
  unit: Pick<Unit, "db" | "workspaceId" | "now">,
  evaluation: Omit<Evaluation, "segmentId">,
): RawBuilder<unknown> {
  const { db, workspaceId, now } = unit;
  const { criteria, types, contactIds } = evaluation;
  const only = contactIds === undefined ? sql`` : sql`and ${isAmong(db, "c.id", "uuid", contactIds)}`;
  return sql`ck_contacts as c where c.workspace_id = ${workspaceId} and c.erased_at is null ${only}
    and ${compileCriteria(criteria, { db, types, now })}`;
}

/** Fills a segment that has no members yet. @returns how many joined. */
export async function fillSegment(unit: Unit, evaluation: Evaluation): Promise<number> {
  const filled = await sql`
    insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
    select c.workspace_id, ${uuidOf(unit.db, evaluation.segmentId)}, c.id, ${bigintOf(unit.now)}
    from ${contactsMeeting(unit, evaluation)}`.execute(unit.db);
  const joined = Number(filled.numAffectedRows ?? 0n);
  await countBy(unit, evaluation.segmentId, joined);
  return joined;
}

/**
 * Moves members in and out. The moves are written first and then carried out, so that what is known of joins and leaves is what was done.
 * `runId` names them; the caller can find by it who moved.
 */
export async function moveMembers(unit: Unit, evaluation: Evaluation, runId: string): Promise<MembersMoved> {
  const { db, workspaceId } = unit;
  const segment = uuidOf(db, evaluation.segmentId);
  const run = uuidOf(db, runId);
  const at = bigintOf(unit.now);
  const { contactIds } = evaluation;
  const only = contactIds === undefined ? sql`` : sql`and ${isAmong(db, "m.contact_id", "uuid", contactIds)}`;
  const members = sql`ck_segment_members as m where m.workspace_id = ${workspaceId} and m.segment_id = ${segment} ${only}`;
  const meeting = contactsMeeting(unit, evaluation);
  // Two sets and their difference, because PostgreSQL takes members that were written a moment ago for a handful, and as a join would go
  // through all of them for each contact.
  const joins = await sql`
    insert into ck_segment_moves (workspace_id, segment_id, run_id, contact_id, move, at)
    select ${workspaceId}, ${segment}, ${run}, missing.id, 'joined', ${at}
    from (select c.id as id from ${meeting} except select m.contact_id from ${members}) as missing`.execute(
    db,
  );
  const leaves = await sql`
    insert into ck_segment_moves (workspace_id, segment_id, run_id, contact_id, move, at)
    select ${workspaceId}, ${segment}, ${run}, gone.id, 'left', ${at}
    from (select m.contact_id as id from ${members} except select c.id from ${meeting}) as gone`.execute(db);
  const joined = Number(joins.numAffectedRows ?? 0n);
  const left = Number(leaves.numAffectedRows ?? 0n);
  if (joined > 0)
    await sql`
      insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
      select v.workspace_id, v.segment_id, v.contact_id, v.at from ck_segment_moves as v
      where v.workspace_id = ${workspaceId} and v.segment_id = ${segment} and v.run_id = ${run} and v.move = 'joined'`.execute(
      db,
    );
  if (left > 0)
    await sql`
      delete from ck_segment_members
      where workspace_id = ${workspaceId} and segment_id = ${segment} and contact_id in (
        select v.contact_id from ck_segment_moves as v
        where v.workspace_id = ${workspaceId} and v.segment_id = ${segment} and v.run_id = ${run} and v.move = 'left')`.execute(
      db,
    );
  await countBy(unit, evaluation.segmentId, joined - left);
  return { joined, left };
}

/** How many contacts meet the criteria now. */
export async function countMeeting(
  unit: Pick<Unit, "db" | "workspaceId" | "now">,
  evaluation: Omit<Evaluation, "segmentId">,
): Promise<number> {
  const { rows } = await sql<{
    n: StoredInteger;
  }>`select count(*) as n from ${contactsMeeting(unit, evaluation)}`.execute(unit.db);
  return toInteger(rows[0]?.n ?? 0);
}

/**
 * Forgets moves of runs before that time. Runs are found by their ids, which are UUIDs of version 7 and begin with the time of their making
 * (RFC 9562 §5.7).
 */
export async function pruneMoves(unit: Unit, segmentIds: readonly string[], before: number): Promise<void> {
  const time = Math.max(0, before).toString(16).padStart(12, "0");
  const first = `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
  await unit.db
    .deleteFrom("ck_segment_moves")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "segment_id", "uuid", segmentIds))
    .where("run_id", "<", first)
    .execute();
}
