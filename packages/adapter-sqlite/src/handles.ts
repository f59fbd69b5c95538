/** The two libraries whose handles are accepted, by shape, and the one face that the rest of the adapter sees. */
import type { SqlRow } from "@campaignkit/core";
import { StorageError } from "@campaignkit/core";

/** A value that both libraries bind as it stands. */
export type Bindable = string | number | bigint | null | Uint8Array;

/** A prepared statement of `node:sqlite`. */
export interface NodeSqliteStatement {
  readonly sourceSQL: string;
  columns(): readonly unknown[];
  all(...parameters: Bindable[]): unknown[];
  run(...parameters: Bindable[]): { readonly changes: number | bigint };
}

/** A `DatabaseSync` of `node:sqlite`. */
export interface NodeSqliteHandle {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(sql: string): NodeSqliteStatement;
  close(): void;
}

/** A prepared statement of better-sqlite3. */
export interface BetterSqliteStatement {
  readonly reader: boolean;
  safeIntegers(toggle?: boolean): unknown;
  all(...parameters: Bindable[]): unknown[];
  run(...parameters: Bindable[]): { readonly changes: number };
}

/** A database of better-sqlite3, or of a library with its interface. */
export interface BetterSqliteHandle {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): BetterSqliteStatement;
  close(): unknown;
}

/** A handle that a host may give. */
export type SqliteHandle = NodeSqliteHandle | BetterSqliteHandle;

/** A compiled statement. */
export interface Prepared {
  /** SELECT, RETURNING, PRAGMA: `all` gives rows; otherwise `run` gives the number of changed rows. */
  readonly returnsRows: boolean;
  all(parameters: readonly Bindable[]): SqlRow[];
  run(parameters: readonly Bindable[]): number;
}

/** A database connection, whichever library made it. Everything on it is synchronous. */
export interface Connection {
  /** The library's own object, to recognise it when the host hands it over again. */
  readonly handle: object;
  isOpen(): boolean;
  inTransaction(): boolean;
  prepare(sql: string): Prepared;
  close(): void;
}

/** node:sqlite compiles the first statement and forgets the rest of the text; say so instead. */
function refuseMore(sql: string, compiled: string): void {
  const rest = sql.slice(compiled.length).replace(/--[^\n]*|\/\*[\s\S]*?\*\/|[\s;]/g, "");
  if (rest !== "") {
    throw new StorageError(
      "invalid",
      "SQLite: the text holds more than one statement; execute them one by one.",
    );
  }
}

/** @internal */
export function nodeConnection(handle: NodeSqliteHandle): Connection {
  return {
    handle,
    isOpen: () => handle.isOpen,
    inTransaction: () => handle.isOpen && handle.isTransaction,
    prepare(sql) {
      const statement = handle.prepare(sql);
      refuseMore(sql, statement.sourceSQL);
      return {
        returnsRows: statement.columns().length > 0,
        // Integers beyond 2^53 throw ERR_OUT_OF_RANGE here by themselves.
        all: (parameters) => statement.all(...parameters) as SqlRow[],
        run: (parameters) => Number(statement.run(...parameters).changes),
      };
    },
    close: () => handle.close(),
  };
}

function safeNumber(value: bigint, column: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new StorageError(
    "invalid",
    `SQLite: the integer in column "${column}" is beyond 2^53 and can't be held exactly; select it as text.`,
  );
}

function narrowIntegers(rows: unknown[]): SqlRow[] {
  for (const row of rows as SqlRow[]) {
    for (const column in row) {
      const value = row[column];
      if (typeof value === "bigint") row[column] = safeNumber(value, column);
    }
  }
  return rows as SqlRow[];
}

function betterConnection(handle: BetterSqliteHandle): Connection {
  return {
    handle,
    isOpen: () => handle.open,
    inTransaction: () => handle.open && handle.inTransaction,
    prepare(sql) {
      const statement = handle.prepare(sql);
      const { reader } = statement;
      // Plain numbers would come back rounded beyond 2^53; as bigint they can be checked.
      if (reader) statement.safeIntegers(true);
      return {
        returnsRows: reader,
        all: (parameters) => narrowIntegers(statement.all(...parameters)),
        run: (parameters) => statement.run(...parameters).changes,
      };
    },
    close: () => void handle.close(),
  };
}

/** The connection behind a handle of either library, or `undefined` when it is neither. */
export function connectionOf(handle: unknown): Connection | undefined {
  if (typeof handle !== "object" || handle === null) return undefined;
  if (!("prepare" in handle && typeof handle.prepare === "function" && "close" in handle)) return undefined;
  if ("isTransaction" in handle && "isOpen" in handle) return nodeConnection(handle as NodeSqliteHandle);
  if ("inTransaction" in handle && "open" in handle) return betterConnection(handle as BetterSqliteHandle);
  return undefined;
}
