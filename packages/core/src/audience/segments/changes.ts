/**
 * The queue of contacts that dynamic segments must look at again.
 *
 * Rows are appended by the transaction that changes a contact, and taken out by the refresh before it evaluates. So a row that the refresh sees
 * belongs to a change that it sees too, and a change that it can't see yet leaves its row for the next run.
 */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { idsAs } from "../../storage/sets.ts";
import { refreshJob } from "./refresh-job.ts";

/** Says that these contacts changed. Costs one look where the workspace has no dynamic segment. */
export async function markChanged(unit: Unit, contactIds: readonly string[]): Promise<void> {
  if (contactIds.length === 0) return;
  const { db, workspaceId } = unit;
  const appended = await sql`
    insert into ck_contact_changes (workspace_id, contact_id)
    select ${workspaceId}, ids.value
    from ${idsAs(db, contactIds)} as ids
    where exists (select 1 from ck_segments as s where s.workspace_id = ${workspaceId} and s.kind = 'dynamic')`.execute(
    db,
  );
  if ((appended.numAffectedRows ?? 0n) > 0n) unit.enqueue(refreshJob, { payload: {}, key: workspaceId });
}
