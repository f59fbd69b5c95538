/**
 * Steady plans: a hot transaction looks up small sets by key, and must do so however old the database's statistics are.
 *
 * Without this PostgreSQL, which has not yet looked at a table that was filled a moment ago, sorts all that is pending for each claim and reads
 * whole tables for two hundred keys.
 */
import { sql } from "kysely";
import { type Db, familyOf } from "./db.ts";

/** Until the end of the transaction, only index look-ups are considered. Nothing to do on SQLite, which has no other joins. */
export async function preferIndexes(db: Db): Promise<void> {
  if (familyOf(db) !== "postgres") return;
  await sql`select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`.execute(
    db,
  );
}
