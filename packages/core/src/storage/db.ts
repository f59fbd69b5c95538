/** Kysely over the storage port: queries are compiled here and carried by the driver. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type Kysely as KyselyType,
  PostgresAdapter,
  PostgresIntrospector,
  type QueryResult,
  SqliteIntrospector,
} from "kysely";
import { StorageError } from "../ports/errors.ts";
import type { SqlExecutor, SqlFamily, SqlParameter } from "../ports/storage.ts";
import type { Database } from "./database.ts";
import { FAMILIES } from "./family.ts";

/** The typed query builder over one database or one transaction. */
export type Db = KyselyType<Database>;

/** Encodes what the families can't bind alike: SQLite has no booleans. */
function encodeParameter(family: SqlFamily, value: unknown): SqlParameter {
  if (typeof value === "boolean") return family === "sqlite" ? Number(value) : value;
  if (value === undefined) return null;
  return value as SqlParameter;
}

/** Names each distinct statement, so that a driver can keep it prepared. Bounded: past the limit statements go unnamed. */
class StatementNames {
  readonly #names = new Map<string, string>();
  static readonly #limit = 1000;

  of(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= StatementNames.#limit) return known;
    const name = `ck_${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}

class BridgeConnection implements DatabaseConnection {
  readonly #family: SqlFamily;
  readonly #executor: SqlExecutor;
  readonly #names: StatementNames | undefined;

  constructor(family: SqlFamily, executor: SqlExecutor, names: StatementNames | undefined) {
    this.#family = family;
    this.#executor = executor;
    this.#names = names;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const name = this.#names?.of(query.sql);
    const parameters = query.parameters.map((value) => encodeParameter(this.#family, value));
    const result = await this.#executor.execute({
      sql: query.sql,
      parameters,
      ...(name === undefined ? {} : { name }),
    });
    return { rows: result.rows as Row[], numAffectedRows: BigInt(result.affectedRows) };
  }

  // biome-ignore lint/correctness/useYield: pages are read by key instead, on every family
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new StorageError(
      "invalid",
      "Streaming queries are not part of the storage port; read pages by key.",
    );
  }
}

/** Kysely asks for connections and transactions here; the executor already is one. */
class BridgeDriver implements Driver {
  readonly #connection: BridgeConnection;

  constructor(connection: BridgeConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {
    // The executor is open already; what follows with an empty hand is none of the query builder's business either.
  }
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async beginTransaction(): Promise<void> {
    throw new StorageError("invalid", "Transactions are opened by a unit of work, not by the query builder.");
  }
  async commitTransaction(): Promise<void> {
    // Never begun here.
  }
  async rollbackTransaction(): Promise<void> {
    // Never begun here.
  }
  async releaseConnection(): Promise<void> {
    // The executor belongs to the caller.
  }
  async destroy(): Promise<void> {
    // The executor belongs to the caller.
  }
}

/** Makes query builders for one driver; they share one table of statement names. */
export class DbFactory {
  readonly #family: SqlFamily;
  readonly #names = new StatementNames();

  constructor(family: SqlFamily) {
    this.#family = family;
  }

  /** A builder whose statements run on that executor. `foreign`: the host's own connection, where we leave nothing prepared. */
  over(executor: SqlExecutor, options: { readonly foreign?: boolean } = {}): Db {
    const family = FAMILIES[this.#family];
    const named = family.namedStatements && options.foreign !== true;
    const connection = new BridgeConnection(this.#family, executor, named ? this.#names : undefined);
    return new Kysely<Database>({
      dialect: {
        createAdapter: () => family.createAdapter(),
        createDriver: () => new BridgeDriver(connection),
        createIntrospector: (db) =>
          this.#family === "postgres" ? new PostgresIntrospector(db) : new SqliteIntrospector(db),
        createQueryCompiler: () => family.createCompiler(),
      },
    });
  }
}

/** The family a builder compiles for. */
export function familyOf(db: Db): SqlFamily {
  return db.getExecutor().adapter instanceof PostgresAdapter ? "postgres" : "sqlite";
}
