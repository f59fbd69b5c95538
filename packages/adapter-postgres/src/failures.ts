/** What PostgreSQL's SQLSTATE codes and broken sockets mean to the engine. */
import { CampaignKitError, StorageError, type StorageFailureKind } from "@campaignkit/core";

/**
 * By SQLSTATE, the longest matching prefix decides (https://www.postgresql.org/docs/current/errcodes-appendix.html). What is not here is a
 * fault of the statement: `invalid`.
 */
const SQLSTATE_KINDS: Readonly<Record<string, StorageFailureKind>> = {
  "08": "unavailable",
  // A protocol violation, such as a wrong number of parameters, is no lost connection.
  "08P01": "invalid",
  "23": "constraint",
  "23505": "unique",
  // A server that became a read-only replica, as in a failover.
  "25006": "unavailable",
  "25P03": "unavailable",
  "25P04": "unavailable",
  "28": "unavailable",
  "3D000": "unavailable",
  "40001": "contention",
  "40002": "constraint",
  "40003": "outcome-unknown",
  "40P01": "contention",
  "53": "unavailable",
  "53100": "full",
  "55006": "contention",
  "55P03": "contention",
  "57014": "unavailable",
  "57P": "unavailable",
  "58": "unavailable",
};

/** The server no longer has a statement as this connection prepared it; nothing ran. */
const STALE_STATEMENT: Readonly<Record<string, RegExp>> = {
  "0A000": /cached plan must not change result type/,
  "26000": /prepared statement .* does not exist/,
};

/** Refused by the client before anything was sent. */
const NEVER_SENT =
  /is not queryable|after calling end on the pool|timeout exceeded when trying to connect|PGlite is clos/;

function text(error: unknown, key: string): string | undefined {
  if (typeof error !== "object" || error === null || !(key in error)) return undefined;
  const value = (error as Record<string, unknown>)[key];
  return typeof value === "string" ? value : undefined;
}

function sqlStateOf(error: unknown): string | undefined {
  const code = text(error, "code");
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** A statement that must be prepared anew. Repeating it is safe, unless a transaction was aborted by the failure. */
export function isStaleStatement(error: unknown): boolean {
  const pattern = STALE_STATEMENT[sqlStateOf(error) ?? ""];
  return pattern?.test(text(error, "message") ?? "") ?? false;
}

function kindOf(error: unknown): StorageFailureKind {
  const state = sqlStateOf(error);
  if (state === undefined) {
    // Without a SQLSTATE it did not come from the server: a mistake in the call, or the network.
    return error instanceof TypeError || error instanceof RangeError ? "invalid" : "unavailable";
  }
  if (isStaleStatement(error)) return "contention";
  for (let length = state.length; length >= 2; length -= 1) {
    const kind = SQLSTATE_KINDS[state.slice(0, length)];
    if (kind !== undefined) return kind;
  }
  return "invalid";
}

/** What the server says about a failure, without the values of rows and parameters that its detail and context carry. */
class PostgresCause extends Error {
  override readonly name = "PostgresCause";
  readonly code: string | undefined;
  readonly schema: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;

  constructor(error: unknown) {
    super(messageOf(error));
    this.code = text(error, "code");
    this.schema = text(error, "schema");
    this.table = text(error, "table");
    this.column = text(error, "column");
    this.constraint = text(error, "constraint");
  }
}

function messageOf(error: unknown): string {
  const message = text(error, "message");
  if (message) return message;
  // A refused connection to a name with several addresses is an AggregateError without a message.
  return text(error, "code") ?? "unknown failure";
}

/** Text after a message's first colon and quote can be a value, as in `invalid input syntax for type uuid: "…"`. */
function withoutValues(message: string, state: string | undefined): string {
  return state?.startsWith("22") ? message.replace(/: ".*"?$/s, "") : message;
}

/** The failure as the engine knows it; nothing in it tells a password, a connection string or a row's values. */
export function classify(error: unknown, doing: string): StorageError {
  if (CampaignKitError.is(error, "STORAGE_FAILED")) return error as StorageError;
  const cause = new PostgresCause(error);
  cause.message = withoutValues(cause.message, sqlStateOf(error));
  const advice =
    cause.code === "42P05" || cause.code === "26000"
      ? " Behind a pooler that shares connections between transactions, set preparedStatements: false."
      : "";
  return new StorageError(kindOf(error), `PostgreSQL: ${cause.message} (${doing}).${advice}`, { cause });
}

/**
 * The failure of a COMMIT, or of a statement that commits by itself: when the connection broke after it was sent, nobody knows whether it took
 * effect.
 */
export function classifyCommit(error: unknown, doing: string): StorageError {
  const failure = classify(error, doing);
  if (failure.details.kind !== "unavailable" || NEVER_SENT.test(messageOf(error))) return failure;
  const refused = sqlStateOf(error);
  // The server said no in words that leave no doubt; only a lost connection or a shutdown does.
  if (refused !== undefined && !/^(?:08|57P|58)/.test(refused)) return failure;
  return new StorageError(
    "outcome-unknown",
    `PostgreSQL: the connection broke before the commit was confirmed (${doing}). Read back before repeating.`,
    { cause: failure.cause },
  );
}

/** Whether the connection can't be used for the next statement: the socket or the server's process is gone, or an answer is still owed. */
export function breaksConnection(error: unknown): boolean {
  if (CampaignKitError.is(error) || error instanceof TypeError || error instanceof RangeError) return false;
  const state = sqlStateOf(error);
  return state === undefined || /^(?:08(?!P01)|57P|25P0[34])/.test(state);
}

/** Whether a statement was refused only because an earlier one had failed in the same transaction. */
export function isAftermath(error: unknown): boolean {
  return sqlStateOf(error) === "25P02";
}

/** The first words of a statement, for messages. Values are parameters, so none is shown. */
export function excerpt(sql: string): string {
  const oneLine = sql.replace(/\s+/g, " ").trim();
  return oneLine.length > 120 ? `${oneLine.slice(0, 119)}…` : oneLine;
}
