/** The SQL of imports and how far they are. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { toDate, toDateOrNull, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { bigintOf } from "../../storage/sets.ts";
import type { ImportsTable } from "../../storage/tables/audience.ts";
import { storableText } from "../addresses/text.ts";
import type { Import, ImportProgress, ImportState } from "./import.ts";

/** An import, its row's id, and the mark of its source. */
export interface ImportRecord extends Import {
  readonly id: string;
  /** A salted hash of the source's beginning; `null` until its first batch. */
  readonly fingerprint: string | null;
}

function toRecord(row: Selectable<ImportsTable>): ImportRecord {
  return {
    id: row.id,
    importId: row.key,
    state: row.state as ImportState,
    fingerprint: row.fingerprint,
    rows: toInteger(row.rows_done),
    created: toInteger(row.created),
    updated: toInteger(row.updated),
    unchanged: toInteger(row.unchanged),
    duplicates: toInteger(row.duplicates),
    refused: toInteger(row.refused),
    valuesDropped: toInteger(row.values_dropped),
    error: row.error,
    startedAt: toDate(row.started_at),
    updatedAt: toDate(row.updated_at),
    finishedAt: toDateOrNull(row.finished_at),
  };
}

/** An import as the public API shows it. */
export function toImport({ id: _id, fingerprint: _fingerprint, ...shown }: ImportRecord): Import {
  return shown;
}

/** The import of that name, or `null`. */
export async function findImport(db: Db, workspaceId: string, key: string): Promise<ImportRecord | null> {
  const row = await db
    .selectFrom("ck_imports")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", storableText(key))
    .executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** Imports, the newest first. */
export async function importPage(
  db: Db,
  workspaceId: string,
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly ImportRecord[]> {
  let query = db
    .selectFrom("ck_imports")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .orderBy("id", "desc")
    .limit(sql.lit(page.limit));
  if (page.before !== null) query = query.where("id", "<", page.before);
  return (await query.execute()).map(toRecord);
}

/** Begins an import, or takes up the one of that name. */
export async function beginImport(unit: Unit, key: string): Promise<ImportRecord> {
  await unit.db
    .insertInto("ck_imports")
    .values({
      workspace_id: unit.workspaceId,
      id: unit.newId(),
      key,
      state: "running",
      rows_done: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
      refused: 0,
      values_dropped: 0,
      started_at: unit.now,
      updated_at: unit.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["workspace_id", "key"])
        .doUpdateSet({ state: "running", error: null, updated_at: unit.now })
        .where("ck_imports.state", "<>", "finished"),
    )
    .execute();
  const record = await findImport(unit.db, unit.workspaceId, key);
  if (record === null) throw new Error("An import that was begun is there.");
  return record;
}

/** Keeps the mark of the source. */
export async function markSource(unit: Unit, id: string, fingerprint: string): Promise<void> {
  await unit.db
    .updateTable("ck_imports")
    .set({ fingerprint })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}

/**
 * Moves an import on by one batch. The guard is the number of rows done before: of two that run the same import, one finds it moved.
 *
 * @returns whether it was where the caller thought.
 */
export async function advanceImport(
  unit: Unit,
  id: string,
  from: number,
  step: ImportProgress,
): Promise<boolean> {
  const moved = await sql`
    update ck_imports set rows_done = ${bigintOf(step.rows)}, created = created + ${bigintOf(step.created)},
      updated = updated + ${bigintOf(step.updated)}, unchanged = unchanged + ${bigintOf(step.unchanged)},
      duplicates = duplicates + ${bigintOf(step.duplicates)}, refused = refused + ${bigintOf(step.refused)},
      values_dropped = values_dropped + ${bigintOf(step.valuesDropped)}, updated_at = ${bigintOf(unit.now)}
    where workspace_id = ${unit.workspaceId} and id = ${id} and rows_done = ${bigintOf(from)} and state = 'running'`.execute(
    unit.db,
  );
  return moved.numAffectedRows === 1n;
}

/** Ends an import, for good or until it is taken up again. */
export async function endImport(
  unit: Unit,
  id: string,
  end: { readonly state: Exclude<ImportState, "running">; readonly error?: string },
): Promise<void> {
  await unit.db
    .updateTable("ck_imports")
    .set({
      state: end.state,
      error: end.error ?? null,
      updated_at: unit.now,
      finished_at: end.state === "finished" ? unit.now : null,
    })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .where("state", "=", "running")
    .execute();
}
