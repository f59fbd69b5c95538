/** What differs between the SQL families, as data. Everything else in core is written once. */
import {
  type DialectAdapter,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
} from "kysely";
import type { SqlFamily } from "../ports/storage.ts";

/** The column types that migrations are written in. */
export interface ColumnTypes {
  /** A UUID as text. */
  readonly uuid: string;
  readonly text: string;
  /** Text compared by code points, alike in every family: for sort keys and prefixes. */
  readonly keyText: string;
  /** A JSON object or array. */
  readonly json: string;
  /** Milliseconds since the Unix epoch. */
  readonly instant: string;
  /** An integer amount in millionths of a currency unit. */
  readonly micros: string;
  /** 32 bits. */
  readonly integer: string;
  /** 64 bits, kept within JavaScript's safe integers. */
  readonly bigint: string;
  readonly boolean: string;
  readonly real: string;
  /** A primary key that the database counts up, in commit-independent insertion order. */
  readonly identity: string;
  /** What closes a `create table`: strict typing where the family has it as an option. */
  readonly strict: string;
  /**
   * The same for a table whose rows are written once more after they were added: half of each page stays free where the family never writes in
   * place, so that the second version lies beside the first and no index hears of it.
   */
  readonly rewritten: string;
  /** The same for a table that is nothing but its primary key, kept as one tree where the family can. */
  readonly withoutRowid: string;
  /** The boolean literals. */
  readonly true: string;
  readonly false: string;
}

/** One SQL family. */
export interface Family {
  readonly name: SqlFamily;
  readonly types: ColumnTypes;
  createAdapter(): DialectAdapter;
  createCompiler(): QueryCompiler;
  /** Taken first in the migration transaction, so that two processes never migrate at once; empty where the transaction itself locks. */
  readonly migrationLock: readonly string[];
  /** Whether claims skip rows that another worker holds. */
  readonly skipLocked: boolean;
  /** Whether prepared statements go by a name; elsewhere they are known by their text. */
  readonly namedStatements: boolean;
}

const SQLITE: Family = {
  name: "sqlite",
  types: {
    uuid: "text",
    text: "text",
    keyText: "text",
    json: "text",
    instant: "integer",
    micros: "integer",
    integer: "integer",
    bigint: "integer",
    boolean: "integer",
    real: "real",
    identity: "integer primary key autoincrement",
    strict: " strict",
    rewritten: " strict",
    withoutRowid: " strict, without rowid",
    true: "1",
    false: "0",
  },
  createAdapter: () => new SqliteAdapter(),
  createCompiler: () => new SqliteQueryCompiler(),
  migrationLock: [],
  skipLocked: false,
  namedStatements: false,
};

const POSTGRES: Family = {
  name: "postgres",
  types: {
    uuid: "uuid",
    text: "text",
    keyText: 'text collate "C"',
    json: "jsonb",
    instant: "bigint",
    micros: "bigint",
    integer: "integer",
    bigint: "bigint",
    boolean: "boolean",
    real: "double precision",
    identity: "bigint generated always as identity primary key",
    strict: "",
    rewritten: " with (fillfactor = 50)",
    withoutRowid: "",
    true: "true",
    false: "false",
  },
  createAdapter: () => new PostgresAdapter(),
  createCompiler: () => new PostgresQueryCompiler(),
  migrationLock: ["select pg_advisory_xact_lock(4847363190271)"],
  skipLocked: true,
  namedStatements: true,
};

/** Every family core can speak. */
export const FAMILIES: Readonly<Record<SqlFamily, Family>> = { sqlite: SQLITE, postgres: POSTGRES };
