/** The SQL of what imports refused. Nothing else writes the table. */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs, uuidOf } from "../../storage/sets.ts";
import { addressHash, findSalt, requireSalt } from "../addresses/hash.ts";
import type { ImportRefusal } from "./import.ts";

/** A refusal, and by what the person in it can be found again, to be forgotten. */
export interface NewRefusal extends ImportRefusal {
  /** Normalised, where the row has one that can be read. */
  readonly email: string | null;
  readonly externalId: string | null;
}

/** Adds refusals of an import. */
export async function insertRefusals(
  unit: Unit,
  importId: string,
  refusals: readonly NewRefusal[],
): Promise<void> {
  if (refusals.length === 0) return;
  const { db, workspaceId } = unit;
  const salt = await requireSalt(unit);
  const rows = refusals.map(({ email, externalId, ...refusal }) => ({
    row_number: refusal.row,
    line: refusal.line,
    column_name: refusal.column,
    value: refusal.value,
    reason: refusal.reason,
    effect: refusal.effect,
    email_hash: email === null ? null : addressHash(salt, "email", email),
    external_id_hash: externalId === null ? null : addressHash(salt, "external-id", externalId),
  }));
  const shape = {
    row_number: "bigint",
    line: "bigint",
    column_name: "text",
    value: "text",
    reason: "text",
    effect: "text",
    email_hash: "text",
    external_id_hash: "text",
  } as const;
  await sql`
    insert into ck_import_refusals (workspace_id, import_id, row_number, line, column_name, value, reason, effect, email_hash,
      external_id_hash)
    select ${workspaceId}, ${uuidOf(db, importId)}, r.row_number, r.line, r.column_name, r.value, r.reason, r.effect, r.email_hash,
      r.external_id_hash
    from ${rowsAs(db, "r", shape, rows)}`.execute(db);
}

/** A part of an import's refusals, in the order of the source. */
export async function refusalPage(
  db: Db,
  workspaceId: string,
  importId: string,
  page: { readonly after: number | null; readonly limit: number },
): Promise<readonly (ImportRefusal & { readonly position: number })[]> {
  let query = db
    .selectFrom("ck_import_refusals")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("import_id", "=", importId)
    .orderBy("position")
    .limit(sql.lit(page.limit));
  if (page.after !== null) query = query.where("position", ">", page.after as StoredInteger);
  const rows = await query.execute();
  return rows.map((row) => ({
    position: toInteger(row.position),
    row: toInteger(row.row_number),
    line: toInteger(row.line),
    column: row.column_name,
    value: row.value,
    reason: row.reason,
    effect: row.effect as ImportRefusal["effect"],
  }));
}

/** Forgets all refusals of an import. @returns how many there were. */
export async function deleteRefusals(unit: Unit, importId: string): Promise<number> {
  const deleted = await unit.db
    .deleteFrom("ck_import_refusals")
    .where("workspace_id", "=", unit.workspaceId)
    .where("import_id", "=", importId)
    .executeTakeFirst();
  return Number(deleted.numDeletedRows);
}

/** Forgets the refused rows that name a person by these keys. */
export async function deleteRefusalsOf(
  unit: Unit,
  keys: { readonly email: string | null; readonly externalId: string | null },
): Promise<void> {
  const salt = await findSalt(unit.db, unit.workspaceId);
  if (salt === null) return;
  const columns = [
    ["email_hash", "email", keys.email],
    ["external_id_hash", "external-id", keys.externalId],
  ] as const;
  for (const [column, kind, key] of columns) {
    if (key === null) continue;
    await unit.db
      .deleteFrom("ck_import_refusals")
      .where("workspace_id", "=", unit.workspaceId)
      .where(column, "=", addressHash(salt, kind, key))
      .execute();
  }
}
