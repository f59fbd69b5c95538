/** Writing what contacts say of consents and topics: one rule for both. */
import { type RawBuilder, sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";

/** The table, and the state by which something is taken back. */
export interface StatementTable {
  readonly name: "ck_consents" | "ck_topic_choices";
  readonly takenBack: string;
}

/**
 * What an INSERT of statements does where something is known, to stand behind DO UPDATE: an older statement changes nothing, nor does one that
 * says what is known. Whoever takes back now always wins: where what is known was dated ahead, it takes that time. With `keepTakenBack`
 * nothing is given again that was taken back.
 */
export function unlessOlder(
  { name, takenBack }: StatementTable,
  { now, keepTakenBack }: { readonly now: number; readonly keepTakenBack: boolean },
): RawBuilder<unknown> {
  const known = (column: string): RawBuilder<unknown> => sql.ref(`${name}.${column}`);
  const kept = keepTakenBack ? sql`and ${known("state")} <> ${sql.lit(takenBack)}` : sql``;
  return sql`
    set state = excluded.state, source = excluded.source,
      changed_at = case when ${known("changed_at")} > excluded.changed_at then ${known("changed_at")} else excluded.changed_at end
    where (${known("changed_at")} <= excluded.changed_at or (excluded.state = ${sql.lit(takenBack)} and excluded.changed_at >= ${now}))
      and (${known("state")} <> excluded.state or ${known("source")} <> excluded.source) ${kept}`;
}

/** Of the statements those that were written, with the time that they have taken. */
export function writtenOf<Statement extends { readonly at: number }>(
  statements: readonly Statement[],
  keyOf: (statement: Statement) => string,
  written: readonly { readonly key: string; readonly changedAt: StoredInteger }[],
): readonly Statement[] {
  const changedAt = new Map(written.map(({ key, changedAt }) => [key, toInteger(changedAt)]));
  return statements.flatMap((statement) => {
    const at = changedAt.get(keyOf(statement));
    return at === undefined ? [] : [{ ...statement, at }];
  });
}
