/** Logs of what contacts have said: added to, read in the order in which they were written, and kept together on a merge. */
import { sql } from "kysely";
import { type Page, type PageRequest, pageOf, positionKey, toPage } from "../../kernel/page.ts";
import type { Unit } from "../../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, uuidOf } from "../../storage/sets.ts";

/** Where such a log is kept. */
type LogTable = "ck_consent_log" | "ck_preference_log";

/** Reading and moving one of the logs, whose rows come as `Row`. */
export class StatementLog<
  Row extends { readonly contact_id: string; readonly position: StoredInteger },
  Entry extends object,
> {
  readonly #table: LogTable;
  readonly #toEntry: (row: Row) => Entry;

  constructor(table: LogTable, toEntry: (row: Row) => Entry) {
    this.#table = table;
    this.#toEntry = toEntry;
  }

  /** A page of a contact's log. */
  async page(db: Db, workspaceId: string, contactId: string, request: PageRequest): Promise<Page<Entry>> {
    const { limit, after } = pageOf(request, positionKey);
    const { rows } = await sql<Row>`
      select * from ${sql.table(this.#table)}
      where workspace_id = ${workspaceId} and contact_id = ${uuidOf(db, contactId)} and position > ${after ?? 0}
      order by position limit ${sql.lit(limit + 1)}
    `.execute(db);
    return toPage(rows, limit, (row) => toInteger(row.position), this.#toEntry);
  }

  /** The whole logs of these contacts, by contact. */
  async ofContacts(
    db: Db,
    workspaceId: string,
    contactIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Entry[]>> {
    const { rows } = await sql<Row>`
      select * from ${sql.table(this.#table)}
      where workspace_id = ${workspaceId} and ${isAmong(db, "contact_id", "uuid", contactIds)}
      order by position
    `.execute(db);
    return new Map(
      [...Map.groupBy(rows, (row) => row.contact_id)].map(([contactId, own]) => [
        contactId,
        own.map(this.#toEntry),
      ]),
    );
  }

  /** Makes the log of one contact part of another's, who is the same person. */
  async move(unit: Unit, { from, into }: { readonly from: string; readonly into: string }): Promise<void> {
    await sql`
      update ${sql.table(this.#table)} set contact_id = ${uuidOf(unit.db, into)}
      where workspace_id = ${unit.workspaceId} and contact_id = ${uuidOf(unit.db, from)}
    `.execute(unit.db);
  }
}
