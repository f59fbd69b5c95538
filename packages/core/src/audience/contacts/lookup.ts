/**
 * From given keys to contacts, one look into an index for each key, whatever the planner believes of the tables.
 *
 * A prepared statement of an import begins with empty tables, and PostgreSQL has no statistics of them for minutes. It then takes every workspace for a
 * handful of rows and reads all of it to match the keys against; SQLite, which has no statistics at all, does so always. A LATERAL with a
 * LIMIT leaves PostgreSQL no other way than the look-up; SQLite keeps the order of a CROSS JOIN.
 */
import { type RawBuilder, sql } from "kysely";
import { type Db, familyOf } from "../../storage/db.ts";

/** Columns of contacts that are unique in a workspace. */
export type ContactKey = "id" | "external_id" | "email_normalized";

/** Joins the contact, as `c`, that a column of a table expression before it names by a key; erased ones are left out. */
export function joinContact(
  db: Db,
  workspaceId: string,
  key: ContactKey,
  named: string,
): RawBuilder<unknown> {
  const column = sql.ref(`c.${key}`);
  const condition = sql`c.workspace_id = ${workspaceId} and ${column} = ${sql.ref(named)} and c.erased_at is null`;
  return familyOf(db) === "postgres"
    ? sql`cross join lateral (select c.workspace_id, c.id from ck_contacts as c where ${condition} limit 1) as c`
    : sql`cross join ck_contacts as c on ${condition}`;
}
