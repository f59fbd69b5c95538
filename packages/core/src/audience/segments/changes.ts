/**
 * The queue of contacts that dynamic segments must look at again.
 *
 * Rows are appended by the transaction that changes a contact, and taken out by the refresh before it evaluates. So a row that the refresh sees
 * belongs to a change that it sees too, and a change that it can't see yet leaves its row for the next run.
 */
import { type RawBuilder, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { familyOf } from "../../storage/db.ts";
import { idsAs, uuidOf } from "../../storage/sets.ts";
import { refreshJob } from "./refresh-job.ts";

/** Says that these contacts changed. Costs one look where the workspace has no dynamic segment. */
export async function markChanged(unit: Unit, contactIds: readonly string[]): Promise<void> {
  if (contactIds.length > 0)
    await mark(unit, sql`select ids.value as contact_id from ${idsAs(unit.db, contactIds)} as ids`);
}

/** Says that those who moved in that run changed, for segments that look at the one they moved in. */
export async function markMoved(unit: Unit, segmentId: string, runId: string): Promise<void> {
  const { db, workspaceId } = unit;
  await mark(
    unit,
    sql`select v.contact_id from ck_segment_moves as v where v.workspace_id = ${workspaceId}
      and v.segment_id = ${uuidOf(db, segmentId)} and v.run_id = ${uuidOf(db, runId)}`,
  );
}

/** Says that the members of that segment changed, for segments that look at it. */
export async function markMembers(unit: Unit, segmentId: string): Promise<void> {
  const { db, workspaceId } = unit;
  await mark(
    unit,
    sql`select m.contact_id from ck_segment_members as m where m.workspace_id = ${workspaceId}
      and m.segment_id = ${uuidOf(db, segmentId)}`,
  );
}

async function mark(unit: Unit, contacts: RawBuilder<unknown>): Promise<void> {
  const { db, workspaceId } = unit;
  const appended = await sql`
    insert into ck_contact_changes (workspace_id, contact_id)
    select ${workspaceId}, marked.contact_id from (${contacts}) as marked
    where exists (select 1 from ck_segments as s where s.workspace_id = ${workspaceId} and s.kind = 'dynamic')`.execute(
    db,
  );
  if ((appended.numAffectedRows ?? 0n) > 0n) unit.enqueue(refreshJob, { payload: {}, key: workspaceId });
}

/** Takes changed contacts out of the queue, the oldest first. */
export async function takeChanged(unit: Unit, limit: number): Promise<readonly string[]> {
  const { db, workspaceId } = unit;
  const oldest = sql`select q.position from ck_contact_changes as q where q.workspace_id = ${workspaceId}
    order by q.position limit ${sql.lit(limit)}`;
  // As an array, because PostgreSQL would read a long queue as a whole to match it with the sub-select.
  const among = familyOf(db) === "postgres" ? sql`= any(array(${oldest}))` : sql`in (${oldest})`;
  const { rows } = await sql<{ contact_id: string }>`
    delete from ck_contact_changes where workspace_id = ${workspaceId} and position ${among}
    returning contact_id`.execute(db);
  return [...new Set(rows.map((row) => row.contact_id))].sort();
}
