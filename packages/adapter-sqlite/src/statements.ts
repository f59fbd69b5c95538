/** Runs statements on one connection, keeping the recently used ones prepared. */
import { type SqlResult, type SqlStatement, StorageError } from "@campaignkit/core";
import { excerpt } from "./failures.ts";
import type { Connection, Prepared } from "./handles.ts";
import { bindAll, countPlaceholders } from "./parameters.ts";

interface CachedStatement {
  readonly prepared: Prepared;
  readonly placeholders: number | undefined;
  /** INSERT, UPDATE, DELETE, REPLACE (also after WITH): only then is SQLite's change counter about this statement. */
  readonly changesRows: boolean;
  /** The schema that its `*` was read under; `undefined` when it names its columns. */
  readonly schemaVersion: number | undefined;
}

/** Longer texts are lists spelled out for one call; keeping them would fill the memory and serve nobody. */
const LONGEST_CACHED_SQL = 16_384;

const GAP = String.raw`(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*`;
const LEADING_WORDS = new RegExp(`^${GAP}([A-Za-z]+)${GAP}([A-Za-z]*)`);

/** The first two words of a statement in lower case, past blanks and comments. */
function leadingWords(sql: string): readonly [string, string] {
  const match = LEADING_WORDS.exec(sql);
  return [match?.[1]?.toLowerCase() ?? "", match?.[2]?.toLowerCase() ?? ""];
}

const CHANGING = new Set(["insert", "update", "delete", "replace", "with"]);

/** What may stand for columns that are not named: `select *`, `t.*`, `returning *`. */
const STAR = /(?:\b(?:select|distinct|all|returning)|[.,])\s*\*/i;

/** Prepared statements of one connection, least recently used first. */
export class Statements {
  readonly #connection: Connection;
  #versionQuery: Prepared | undefined;
  #version: number | undefined;
  readonly #capacity: number;
  readonly #cache = new Map<string, CachedStatement>();

  constructor(connection: Connection, capacity: number) {
    this.#connection = connection;
    this.#capacity = capacity;
  }

  /** Runs it now, synchronously; throws what the library throws. */
  run(statement: SqlStatement): SqlResult {
    const { prepared, placeholders, changesRows } = this.#get(statement.sql);
    const parameters = bindAll(statement.parameters);
    if (placeholders !== undefined && placeholders !== parameters.length) {
      throw new StorageError(
        "invalid",
        `SQLite: the statement has ${placeholders} placeholders and was given ${parameters.length} parameters (${excerpt(statement.sql)}).`,
      );
    }
    if (prepared.returnsRows) {
      const rows = prepared.all(parameters);
      return { rows, affectedRows: rows.length };
    }
    const changes = prepared.run(parameters);
    return { rows: [], affectedRows: changesRows ? changes : 0 };
  }

  #get(sql: string): CachedStatement {
    const hit = this.#cache.get(sql);
    if (hit !== undefined) this.#cache.delete(sql);
    // SQLite prepares it anew by itself when the schema has changed, but Node before 24 goes on to read the columns of before.
    if (
      hit !== undefined &&
      (hit.schemaVersion === undefined || hit.schemaVersion === this.#schemaVersion())
    ) {
      this.#cache.set(sql, hit);
      return hit;
    }
    if (controlsTransaction(sql)) {
      throw new StorageError(
        "invalid",
        `SQLite: "${excerpt(sql)}" would begin or end a transaction behind the driver's back; use transaction().`,
      );
    }
    const schemaVersion = STAR.test(sql) ? this.#schemaVersion() : undefined;
    const fresh = {
      prepared: this.#connection.prepare(sql),
      placeholders: countPlaceholders(sql),
      changesRows: CHANGING.has(leadingWords(sql)[0]),
      schemaVersion,
    };
    if (sql.length > LONGEST_CACHED_SQL) return fresh;
    this.#cache.set(sql, fresh);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= this.#capacity) break;
      this.#cache.delete(oldest);
    }
    return fresh;
  }

  /** The version of the schema as it is now. After a change elsewhere the connection reads the schema anew, so that what is prepared next knows it. */
  #schemaVersion(): number {
    this.#versionQuery ??= this.#connection.prepare("pragma schema_version");
    const version = Number(this.#versionQuery.all([])[0]?.["schema_version"]);
    if (version !== this.#version) this.#connection.prepare("select 1 from sqlite_schema limit 1").all([]);
    this.#version = version;
    return version;
  }
}

/** Functions that tell about the connection they run on, so a second connection would answer wrongly. */
const CONNECTION_BOUND = /\b(?:changes|total_changes|last_insert_rowid)\s*\(/i;

/** Whether a statement may be tried on the read-only connection. It is only a guess: that connection refuses writes by itself. */
export function looksLikeRead(sql: string): boolean {
  const [word] = leadingWords(sql);
  return (word === "select" || word === "with" || word === "values") && !CONNECTION_BOUND.test(sql);
}

/** Whether a statement makes something that only its own connection sees: temporary tables, attached files. */
export function staysOnConnection(sql: string): boolean {
  const [first, second] = leadingWords(sql);
  return first === "attach" || (first === "create" && second.startsWith("temp"));
}

/** Whether a statement begins or ends a transaction, which is the driver's to do. Savepoints are the caller's. */
function controlsTransaction(sql: string): boolean {
  const [first, second] = leadingWords(sql);
  if (first === "rollback") return second !== "to" && !/\bto\b/i.test(sql);
  return first === "begin" || first === "commit" || first === "end";
}
