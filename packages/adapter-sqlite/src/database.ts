/** Opening: a file or memory with the engine's settings, or the host's handle with the host's. */
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { type Connection, nodeConnection, type Prepared } from "./handles.ts";
import { Statements } from "./statements.ts";

/** How hard a commit is pressed to the disk; see https://sqlite.org/pragma.html#pragma_synchronous. */
export type Synchronous = "full" | "normal" | "off";

/** What begins and ends a transaction, compiled once: it is run more often than any other statement. */
export interface Brackets {
  begin(): void;
  commit(): void;
  rollback(): void;
}

function bracketsOf(connection: Connection): Brackets {
  const compiled = (sql: string): (() => void) => {
    let prepared: Prepared | undefined;
    return () => {
      prepared ??= connection.prepare(sql);
      prepared.run([]);
    };
  };
  return { begin: compiled("BEGIN IMMEDIATE"), commit: compiled("COMMIT"), rollback: compiled("ROLLBACK") };
}

/** The connections of one driver. */
export interface Database {
  readonly writer: Connection;
  /** The writer's transactions. */
  readonly brackets: Brackets;
  readonly writerStatements: Statements;
  /** A second, read-only connection, so that reads need not wait for an open transaction; files in WAL mode only. */
  readonly readerStatements: Statements | undefined;
  close(): void;
}

interface FileSettings {
  readonly synchronous: Synchronous;
  readonly statementCacheSize: number;
}

function livesInMemory(path: string): boolean {
  return path === "" || path === ":memory:" || /^file:.*(?::memory:|mode=memory)/.test(path);
}

function pragma(connection: Connection, text: string): unknown {
  const row = connection.prepare(`PRAGMA ${text}`).all([])[0];
  return row === undefined ? undefined : Object.values(row)[0];
}

/** Opens a file (created when missing) or a memory database. Throws what SQLite throws, with nothing left open. */
export function openFile(location: string | URL, settings: FileSettings): Database {
  const path = location instanceof URL ? fileURLToPath(location) : location;
  // No waiting inside SQLite (timeout 0): the driver waits between attempts, with the event loop free.
  const writer = nodeConnection(new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 0 }));
  let reader: Connection | undefined;
  try {
    const journal = livesInMemory(path) ? "memory" : pragma(writer, "journal_mode = WAL");
    pragma(writer, `synchronous = ${settings.synchronous}`);
    if (journal === "wal") reader = nodeConnection(new DatabaseSync(path, { readOnly: true, timeout: 0 }));
  } catch (error) {
    writer.close();
    throw error;
  }
  return {
    writer,
    brackets: bracketsOf(writer),
    writerStatements: new Statements(writer, settings.statementCacheSize),
    readerStatements: reader && new Statements(reader, settings.statementCacheSize),
    close() {
      reader?.close();
      writer.close();
    },
  };
}

/** Takes the host's handle as it is: its pragmas are the host's business, and closing it too. */
export function useHandle(writer: Connection, statementCacheSize: number): Database {
  return {
    writer,
    brackets: bracketsOf(writer),
    writerStatements: new Statements(writer, statementCacheSize),
    readerStatements: undefined,
    close() {
      // The host opened it and may still need it.
    },
  };
}

/**
 * Runs one attempt on the host's handle with its busy handler off, then restores it: better-sqlite3 would otherwise hold up the whole process
 * for five seconds by default.
 */
export function withoutBlocking<Result>(connection: Connection, attempt: () => Result): Result {
  const timeout = Number(pragma(connection, "busy_timeout"));
  if (!(timeout > 0)) return attempt();
  pragma(connection, "busy_timeout = 0");
  try {
    return attempt();
  } finally {
    pragma(connection, `busy_timeout = ${timeout}`);
  }
}
