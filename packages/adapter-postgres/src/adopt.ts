/** The host's own transaction on a `pg` client. */
import { type SqlExecutor, type SqlResult, type SqlStatement, StorageError } from "@campaignkit/core";
import { type PostgresClient, runOn, type StatementSettings } from "./client.ts";
import { classify, excerpt } from "./failures.ts";
import { refuseControl } from "./statement-kind.ts";
import { TurnQueue } from "./turns.ts";

/** A pool also has `query`, but would run every statement on another connection; only clients can escape identifiers. */
function isClient(handle: unknown): handle is PostgresClient {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "query" in handle &&
    typeof handle.query === "function" &&
    "escapeIdentifier" in handle &&
    typeof handle.escapeIdentifier === "function"
  );
}

/** One queue per client, also when it is adopted more than once. */
const turnsOf = new WeakMap<object, TurnQueue>();

/** Points the host's transaction to the engine's schema for one statement, and back. */
async function inSchema(
  client: PostgresClient,
  schema: string,
  run: () => Promise<SqlResult>,
): Promise<SqlResult> {
  const set = "SELECT set_config('search_path', $1, true)";
  const before = await client.query({ text: "SELECT current_setting('search_path') AS path" });
  await client.query({ text: set, values: [client.escapeIdentifier(schema)] });
  // After a failed statement there is nothing to restore: the rollback, or the host's savepoint, brings the path back.
  const result = await run();
  await client.query({ text: set, values: [before.rows[0]?.["path"]] });
  return result;
}

/** Statements in the host's transaction, or `undefined` when the handle is no client of `pg`. */
export function adoptClient(
  handle: unknown,
  settings: StatementSettings,
  schema: string | undefined,
): SqlExecutor | undefined {
  if (!isClient(handle)) return undefined;
  const turns = turnsOf.get(handle) ?? new TurnQueue();
  turnsOf.set(handle, turns);
  const run = (statement: SqlStatement) => runOn(handle, statement, settings, false);
  return {
    execute: (statement) =>
      turns.run(async () => {
        refuseControl(statement.sql);
        if (handle.getTransactionStatus?.() === "I") {
          throw new StorageError(
            "invalid",
            "PostgreSQL: the host's client has no open transaction; BEGIN on it first, and COMMIT after the engine's call.",
          );
        }
        try {
          return await (schema === undefined
            ? run(statement)
            : inSchema(handle, schema, () => run(statement)));
        } catch (error) {
          throw classify(error, excerpt(statement.sql));
        }
      }),
  };
}
