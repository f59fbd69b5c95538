/**
 * The storage port: a SQL driver, not a repository.
 *
 * Core owns the schema and compiles every query for the driver's family; an adapter only carries statements to a database.
 */

/** The SQL dialect spoken; capabilities (skip-locked claims, notifications …) follow from it. */
export type SqlFamily = "sqlite" | "postgres";

/** What a parameter can be. Core encodes everything else; SQLite drivers never see a boolean. */
export type SqlParameter = string | number | bigint | boolean | null | Uint8Array;

/** One statement, with `$1 …` placeholders on PostgreSQL and `?` on SQLite. */
export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  /** Set on hot statements: the same name always carries the same SQL, so a driver may keep it prepared. */
  readonly name?: string;
}

/** A row as the database returned it, by column name. 64-bit integers may come as number, string or bigint; JSON as text. */
export type SqlRow = Record<string, unknown>;

/** What a statement gave back. */
export interface SqlResult {
  /** The rows of a SELECT or RETURNING; else empty. */
  readonly rows: readonly SqlRow[];
  /** How many rows an INSERT, UPDATE or DELETE changed; for a SELECT, how many it returned. */
  readonly affectedRows: number;
}

/** Something that runs statements: a database, or one transaction in it. */
export interface SqlExecutor {
  /** @throws {StorageError} with the kind that says what may be done. */
  execute(statement: SqlStatement): Promise<SqlResult>;
}

/**
 * A SQL database as the engine needs it.
 *
 * Contract, proved by the storage conformance kit of `@campaignkit/testing`:
 * - Statements outside a transaction commit by themselves and are durable when the promise resolves.
 * - `transaction` commits when `work` resolves and rolls back when it rejects, rethrowing that error; on SQLite it takes the
 *   write lock at the start (`BEGIN IMMEDIATE`), on PostgreSQL it is READ COMMITTED. Transactions may run concurrently; a driver with one
 *   connection queues them, and never lets an outside statement slip into an open transaction.
 * - When the connection breaks during COMMIT the error is a `StorageError` of kind `outcome-unknown`.
 */
export interface SqlDriver extends SqlExecutor {
  readonly family: SqlFamily;
  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result>;
  /**
   * Recognises a handle that the host has opened a transaction on, and runs statements in it without committing.
   * `undefined` when the handle is not of this driver's kind.
   */
  adopt?(handle: unknown): SqlExecutor | undefined;
  /**
   * Calls the handler whenever another connection notifies the topic (PostgreSQL: NOTIFY). Best effort: a lost notification only
   * delays work until the next poll. Resolves, once listening, to a function that stops it.
   */
  listen?(topic: string, handler: () => void): Promise<() => Promise<void>>;
  /** Waits for what is running and closes what the driver opened itself. Idempotent. */
  close(): Promise<void>;
}
