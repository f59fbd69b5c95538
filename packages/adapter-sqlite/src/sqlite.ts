/** The SQLite driver: one connection that writes, taking turns, and for files a second one that only reads. */
import {
  CampaignKitError,
  type SqlDriver,
  type SqlExecutor,
  type SqlResult,
  type SqlStatement,
  StorageError,
} from "@campaignkit/core";
import { type Database, openFile, type Synchronous, useHandle, withoutBlocking } from "./database.ts";
import { classify, classifyCommit, excerpt, HandleTaken, isReadOnlyRefusal } from "./failures.ts";
import { connectionOf, type SqliteHandle } from "./handles.ts";
import { InFlight } from "./in-flight.ts";
import { looksLikeRead, Statements, staysOnConnection } from "./statements.ts";
import { OpenTransaction } from "./transaction.ts";
import { Breath, TurnQueue, whileBusy } from "./waiting.ts";

/** Settings for a handle that the host opened. */
export interface SqliteHandleOptions {
  /** How long a statement waits for another connection's lock before it fails with `contention`, in milliseconds. Default 5000. */
  readonly busyTimeoutMs?: number;
  /** How many statements stay prepared per connection. Default 256. */
  readonly statementCacheSize?: number;
}

/** Settings for a database that the driver opens. */
export interface SqliteOptions extends SqliteHandleOptions {
  /**
   * `full` (default): a commit is on the disk when its promise resolves. `normal`: a power loss may take the last commits, though never
   * the file's integrity; faster by far, and not for budgets or sent messages. `off`: only for tests and data that can be made again.
   */
  readonly synchronous?: Synchronous;
}

interface Settings {
  readonly busyTimeoutMs: number;
  readonly open: () => Database;
  /** The host's handle: its busy handler must not block the process, and its transactions are not the driver's. */
  readonly shared: boolean;
  readonly statementCacheSize: number;
}

class SqliteDriver implements SqlDriver {
  readonly family = "sqlite";
  readonly #settings: Settings;
  readonly #turns = new TurnQueue();
  readonly #breath = new Breath();
  readonly #inFlight = new InFlight();
  readonly #adopted = new WeakMap<object, Statements>();
  /** Statements tried on the read-only connection, by text: `false` once it has refused one. */
  readonly #reads = new Map<string, boolean>();
  #database: Database | undefined;
  #readsApart = true;
  #ownTransaction = false;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  execute(statement: SqlStatement): Promise<SqlResult> {
    return this.#track(async () => {
      const breath = this.#breath.due();
      if (breath) await breath;
      return (await this.#read(statement)) ?? (await this.#turns.run(() => this.#write(statement)));
    });
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#track(() => this.#turns.run(() => this.#transact(work)));
  }

  adopt(handle: unknown): SqlExecutor | undefined {
    const connection = connectionOf(handle);
    if (connection === undefined) return undefined;
    let statements = this.#adopted.get(connection.handle);
    if (statements === undefined) {
      statements = new Statements(connection, this.#settings.statementCacheSize);
      this.#adopted.set(connection.handle, statements);
    }
    const adopted = statements;
    return {
      execute: async (statement) => {
        const own = this.#ownTransaction && this.#database?.writer.handle === connection.handle;
        if (own || !connection.inTransaction()) {
          throw new StorageError(
            "invalid",
            own
              ? "SQLite: the engine's own transaction is open on this handle, not the host's; pass a handle that the engine does not use."
              : "SQLite: the host's handle has no open transaction; BEGIN IMMEDIATE on it first, and COMMIT after the engine's call.",
          );
        }
        try {
          return await whileBusy(this.#settings.busyTimeoutMs, () => adopted.run(statement));
        } catch (error) {
          throw classify(error, excerpt(statement.sql));
        }
      },
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#inFlight.idle().then(() => {
      this.#database?.close();
      this.#database = undefined;
    });
    return this.#closing;
  }

  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new StorageError("unavailable", "SQLite: the driver has been closed; make a new one to go on.");
    }
    return this.#inFlight.track(work);
  }

  /** The open database; opened by the first statement, so that a locked file can be waited for. */
  async #open(): Promise<Database> {
    if (this.#database !== undefined) return this.#database;
    try {
      // Two first statements may both come here; whoever is first in the same turn opens.
      return await whileBusy(this.#settings.busyTimeoutMs, () => {
        this.#database ??= this.#settings.open();
        return this.#database;
      });
    } catch (error) {
      throw classify(error, "opening the database");
    }
  }

  /** Answers from the read-only connection, or `undefined` when the statement needs the writing one. */
  async #read(statement: SqlStatement): Promise<SqlResult | undefined> {
    const { readerStatements } = this.#database ?? (await this.#open());
    if (readerStatements === undefined || !this.#readsApart) return undefined;
    const { sql } = statement;
    let read = this.#reads.get(sql);
    if (read === undefined) {
      read = looksLikeRead(sql);
      if (this.#reads.size >= this.#settings.statementCacheSize) this.#reads.clear();
      this.#reads.set(sql, read);
    }
    if (!read) return undefined;
    try {
      return await whileBusy(this.#settings.busyTimeoutMs, () => readerStatements.run(statement));
    } catch (error) {
      if (!isReadOnlyRefusal(error)) throw classify(error, excerpt(sql));
      // WITH … UPDATE … RETURNING: refused before it changed anything.
      this.#reads.set(sql, false);
      return undefined;
    }
  }

  /** Attempts until no other connection is in the way, and never waits inside SQLite, as the busy handler of a host's handle would. */
  #patiently<Result>({ writer }: Database, attempt: () => Result): Promise<Result> {
    return whileBusy(this.#settings.busyTimeoutMs, () =>
      this.#settings.shared ? withoutBlocking(writer, attempt) : attempt(),
    );
  }

  /** Attempts what may take the write lock, outside of any transaction, the host's on its own handle included. */
  #takeLock<Result>(database: Database, attempt: () => Result): Promise<Result> {
    return this.#patiently(database, () => {
      if (this.#settings.shared && database.writer.inTransaction()) throw new HandleTaken();
      return attempt();
    });
  }

  async #write(statement: SqlStatement): Promise<SqlResult> {
    const database = await this.#open();
    if (this.#readsApart && staysOnConnection(statement.sql)) this.#readsApart = false;
    try {
      return await this.#takeLock(database, () => database.writerStatements.run(statement));
    } catch (error) {
      throw classifyCommit(error, excerpt(statement.sql));
    }
  }

  async #transact<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    const database = await this.#open();
    try {
      await this.#takeLock(database, () => {
        database.brackets.begin();
        this.#ownTransaction = true;
      });
    } catch (error) {
      throw classify(error, "BEGIN IMMEDIATE");
    }
    const transaction = new OpenTransaction(database, this.#breath);
    try {
      const result = await work(transaction);
      await transaction.commit((attempt) => this.#patiently(database, attempt));
      return result;
    } catch (error) {
      if (!transaction.rollback()) this.#discard(database);
      throw error;
    } finally {
      this.#ownTransaction = false;
    }
  }

  /** A connection that can't roll back would carry the dead transaction into the next one; the next statement opens afresh. */
  #discard(database: Database): void {
    database.close();
    if (!this.#settings.shared) this.#database = undefined;
  }
}

function positive(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  const reason = `${name} is ${value}; it must be a whole number, ${least} or more`;
  throw new CampaignKitError("CONFIGURATION_INVALID", `sqlite(): ${reason}.`, { setting: name, reason });
}

/**
 * A SQLite database as the engine's storage, on the runtime's own `node:sqlite`: nothing to build, nothing to run.
 *
 * - A path or `file:` URL is opened at the first statement in WAL mode, with foreign keys on and `synchronous` FULL, and closed by `close()`.
 *   Reads go over a second, read-only connection and do not wait for an open transaction. `":memory:"` is a database of its own.
 * - A handle of `node:sqlite` or better-sqlite3 is used with the settings that the host gave it, and is not closed. While the host has a
 *   transaction open on it, the engine's own statements wait; statements that the host runs on it during an engine's transaction become part of
 *   that one, so give the engine a handle of its own where that can happen.
 * - Writers take turns: within the process in the order they came, between processes by SQLite's lock, waited for without blocking the event
 *   loop up to `busyTimeoutMs`.
 * - `adopt(handle)` runs statements in a transaction that the host began on its `node:sqlite` or better-sqlite3 handle.
 *
 * Integers come back as numbers; one beyond 2^53 is an error of kind `invalid`, never a rounded number.
 *
 * @throws {CONFIGURATION_INVALID} when an option is out of range, or the handle is of neither library.
 * @example
 * ```ts
 * import { sqlite } from "@campaignkit/adapter-sqlite";
 *
 * const storage = sqlite("marketing.db");
 * const { rows } = await storage.execute({ sql: "SELECT ? AS greeting", parameters: ["hello"] });
 * console.log(rows[0]?.["greeting"]);
 * await storage.close();
 * ```
 */
export function sqlite(location: string | URL, options?: SqliteOptions): SqlDriver;
export function sqlite(handle: SqliteHandle, options?: SqliteHandleOptions): SqlDriver;
export function sqlite(source: string | URL | SqliteHandle, options: SqliteOptions = {}): SqlDriver {
  const busyTimeoutMs = positive("busyTimeoutMs", options.busyTimeoutMs ?? 5000, 0);
  const statementCacheSize = positive("statementCacheSize", options.statementCacheSize ?? 256, 1);
  if (typeof source === "string" || source instanceof URL) {
    const synchronous = options.synchronous ?? "full";
    const open = () => openFile(source, { synchronous, statementCacheSize });
    return new SqliteDriver({ busyTimeoutMs, statementCacheSize, open, shared: false });
  }
  const connection = connectionOf(source);
  if (connection === undefined) {
    const reason = "neither a path nor a handle of node:sqlite or better-sqlite3";
    throw new CampaignKitError("CONFIGURATION_INVALID", `sqlite(): the first argument is ${reason}.`, {
      setting: "storage",
      reason,
    });
  }
  const open = () => useHandle(connection, statementCacheSize);
  return new SqliteDriver({ busyTimeoutMs, statementCacheSize, open, shared: true });
}
