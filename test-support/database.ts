/** PostgreSQL databases for single tests. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

/** A database of one test. */
export interface PostgresDatabase {
  /** Its connection string. */
  readonly url: string;
  /** Gives it back, closing what is still connected. */
  drop(): Promise<void>;
}

/** The address of the test server. Throws where there is none: a test that needs one must not pass without it. */
export function testServer(): string {
  const server = inject("pgUrl");
  if (server !== null) return server;
  throw new Error(
    `These tests need PostgreSQL: there are no embedded binaries for ${process.platform}-${process.arch}, so set PG_URL to a server that may create databases.`,
  );
}

/** The address of another database on the same server. */
export function onServer(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** One connection, kept from test to test; it keeps no process alive. */
function connection(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  // One that breaks while it is idle is replaced; the next statement tells if that does not help.
  pool.on("error", () => undefined);
  return pool;
}

let administrator: pg.Pool | undefined;

async function administer(sql: string): Promise<void> {
  administrator ??= connection(testServer());
  await administrator.query(sql);
}

/** A name that the run's set-up recognises as one of its own, and removes in the end. */
function newName(): string {
  return `${inject("pgRun")}_${randomUUID().replaceAll("-", "")}`;
}

/** Makes a database on the test server that is a copy of another. */
export async function copyDatabase(template: string): Promise<PostgresDatabase> {
  const name = newName();
  await administer(`create database ${name} template ${template} strategy file_copy`);
  return {
    url: onServer(testServer(), name),
    drop: () => administer(`drop database ${name} with (force)`),
  };
}

interface EmptyDatabase {
  readonly url: string;
  readonly owner: pg.Pool;
}

/** Empty databases that wait for the next test: to empty one takes a tenth of the time that it takes to make one. */
const waiting: EmptyDatabase[] = [];

async function makeEmpty(): Promise<EmptyDatabase> {
  const name = newName();
  await administer(`create database ${name}`);
  const url = onServer(testServer(), name);
  return { url, owner: connection(url) };
}

async function clear({ owner }: EmptyDatabase): Promise<void> {
  await owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await owner.query("drop schema public cascade");
  await owner.query("create schema public");
}

/** A database on the test server with nothing in it. */
export async function createDatabase(): Promise<PostgresDatabase> {
  const database = waiting.pop() ?? (await makeEmpty());
  return {
    url: database.url,
    async drop() {
      await clear(database);
      waiting.push(database);
    },
  };
}
