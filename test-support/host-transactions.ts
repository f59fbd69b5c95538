/** The transactions a host can hand over: its own `pg` client, `node:sqlite` handle, or Kysely transaction on either. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import {
  CamelCasePlugin,
  Kysely,
  type KyselyPlugin,
  PostgresDialect,
  type SqliteDatabase,
  SqliteDialect,
} from "kysely";
import pg from "pg";
import type { TestDatabase } from "./each-database.ts";

/** The test's database is dropped by force, maybe before the last goodbye has arrived: that it ends the connection is no error of the test. */
function heedless<Connection extends pg.Pool | pg.Client>(connection: Connection): Connection {
  const given: pg.Pool | pg.Client = connection;
  if (given instanceof pg.Pool) given.on("connect", (client) => void client.on("error", () => undefined));
  if (given instanceof pg.Pool) given.on("error", () => undefined);
  else given.on("error", () => undefined);
  return connection;
}

/** A host's table, to be written beside the engine's. */
interface HostTables {
  readonly orders: { readonly id: number };
}

/** A transaction that the host has opened. */
export interface HostWork {
  /** What the host passes to `workspace.within`. */
  readonly handle: unknown;
  /** Writes a row of the host's own. */
  order(id: number): Promise<void>;
}

/** One kind of host. */
export interface Host {
  readonly name: string;
  /** Runs the work in a transaction of the host's, which then commits, or rolls back as the host wishes. */
  transact(work: (host: HostWork) => Promise<void>, end: "commit" | "rollback"): Promise<void>;
  orders(): Promise<readonly number[]>;
  close(): Promise<void>;
}

class RolledBack extends Error {}

async function overKysely(name: string, db: Kysely<HostTables>): Promise<Host> {
  await db.schema.createTable("orders").ifNotExists().addColumn("id", "integer").execute();
  return {
    name,
    async transact(work, end) {
      const transaction = db.transaction().execute(async (handle) => {
        await work({
          handle,
          order: async (id) => void (await handle.insertInto("orders").values({ id }).execute()),
        });
        if (end === "rollback") throw new RolledBack();
      });
      await transaction.catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error;
      });
    },
    orders: async () =>
      (await db.selectFrom("orders").select("id").orderBy("id").execute()).map(({ id }) => id),
    close: () => db.destroy(),
  };
}

/** What Kysely's SQLite dialect needs, over `node:sqlite`. */
function kyselyOverNodeSqlite(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(text) {
      const statement = database.prepare(text);
      const bound = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bound(parameters)),
        run: (parameters) => statement.run(...bound(parameters)),
        iterate: (parameters) => statement.iterate(...bound(parameters)),
      };
    },
  };
}

async function sqliteHosts(location: string): Promise<Host[]> {
  const handle = new DatabaseSync(location, { timeout: 5_000 });
  handle.exec("create table if not exists orders (id integer)");
  const plain: Host = {
    name: "node:sqlite",
    async transact(work, end) {
      handle.exec("begin immediate");
      await work({
        handle,
        order: async (id) => void handle.prepare("insert into orders (id) values (?)").run(id),
      });
      handle.exec(end);
    },
    orders: async () =>
      handle
        .prepare("select id from orders order by id")
        .all()
        .map(({ id }) => Number(id)),
    close: async () => handle.close(),
  };
  const kysely = (plugins: KyselyPlugin[]): Kysely<HostTables> => {
    const database = kyselyOverNodeSqlite(new DatabaseSync(location, { timeout: 5_000 }));
    return new Kysely<HostTables>({ dialect: new SqliteDialect({ database }), plugins });
  };
  return [
    plain,
    await overKysely("Kysely", kysely([])),
    await overKysely("Kysely with camel case", kysely([new CamelCasePlugin()])),
  ];
}

async function postgresHosts(location: string): Promise<Host[]> {
  const pool = heedless(new pg.Pool({ connectionString: location, max: 4 }));
  await pool.query("create table if not exists orders (id integer)");
  const plain: Host = {
    name: "pg client",
    async transact(work, end) {
      const client = await pool.connect();
      try {
        await client.query("begin");
        await work({
          handle: client,
          order: async (id) => void (await client.query("insert into orders (id) values ($1)", [id])),
        });
        await client.query(end);
      } finally {
        client.release();
      }
    },
    orders: async () =>
      (await pool.query<{ id: number }>("select id from orders order by id")).rows.map(({ id }) => id),
    close: () => pool.end(),
  };
  const kysely = (plugins: KyselyPlugin[]): Kysely<HostTables> => {
    const own = heedless(new pg.Pool({ connectionString: location, max: 4 }));
    return new Kysely<HostTables>({ dialect: new PostgresDialect({ pool: own }), plugins });
  };
  return [
    plain,
    await overKysely("Kysely", kysely([])),
    await overKysely("Kysely with camel case", kysely([new CamelCasePlugin()])),
  ];
}

/** Every kind of host on that database; each brings a table `orders` of its own. Close them. */
export function hostsOf({ family, location }: TestDatabase): Promise<Host[]> {
  return family === "sqlite" ? sqliteHosts(location) : postgresHosts(location);
}

/** Tampers with a database as somebody with its password could. */
export async function runSql(
  { family, location }: TestDatabase,
  ...statements: readonly string[]
): Promise<void> {
  if (family === "sqlite") {
    const handle = new DatabaseSync(location, { timeout: 5_000 });
    for (const statement of statements) handle.exec(statement);
    handle.close();
    return;
  }
  const client = heedless(new pg.Client({ connectionString: location }));
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
