/** Statements on one `pg` client. */
import type { SqlResult, SqlStatement } from "@campaignkit/core";
import { isStaleStatement } from "./failures.ts";
import type { StatementNames } from "./statement-names.ts";
import { type Parser, RESULT_TYPES, toPgValue } from "./values.ts";

/** What the adapter asks of `pg`: one statement over the extended protocol, with its own result parsers. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
  readonly types?: { getTypeParser(typeId: number, format?: string): Parser };
  /** `extended` refuses a text of several statements also when there are no parameters. */
  readonly queryMode?: "extended";
}

/** What `pg` answers. */
export interface PostgresQueryResult {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
  readonly command: string;
}

/** A `Client` or `PoolClient` of `pg`, by shape, so that the host's copy of the library need not be the adapter's. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresQueryResult>;
  escapeIdentifier(name: string): string;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  /** `I` idle, `T` in a transaction, `E` in a failed one; since pg 8.17. */
  getTransactionStatus?(): string | null;
}

/** A `pg` client that tells about notifications and its own end. */
export interface NotifyingClient extends PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "notification", listener: (message: { readonly channel: string }) => void): unknown;
  on(event: "end", listener: () => void): unknown;
}

/** What decides how statements go to the server. */
export interface StatementSettings {
  /** `undefined` where a pooler can't keep prepared statements. */
  readonly names: StatementNames | undefined;
}

async function send(
  client: PostgresClient,
  statement: SqlStatement,
  name: string | undefined,
): Promise<SqlResult> {
  const result = await client.query({
    text: statement.sql,
    values: statement.parameters.map(toPgValue),
    types: RESULT_TYPES,
    queryMode: "extended",
    ...(name !== undefined && { name }),
  });
  return { rows: result.rows, affectedRows: result.rowCount ?? 0 };
}

/**
 * Runs one statement. A prepared one that the server can't use any more (its table has changed, or a reset dropped it) ran nothing: it is
 * prepared anew and repeated where `repeat` allows, that is outside a transaction.
 */
export async function runOn(
  client: PostgresClient,
  statement: SqlStatement,
  settings: StatementSettings,
  repeat: boolean,
): Promise<SqlResult> {
  const name = settings.names?.of(statement);
  try {
    return await send(client, statement, name);
  } catch (error) {
    if (name === undefined || !isStaleStatement(error)) throw error;
    settings.names?.retire(statement, name);
    if (!repeat) throw error;
    return send(client, statement, settings.names?.of(statement));
  }
}
