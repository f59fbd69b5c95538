/** PostgreSQL databases for single tests. */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

/** An empty database. */
export interface PostgresDatabase {
  /** Its connection string. */
  readonly url: string;
  /** Removes it, closing what is still connected. */
  drop(): Promise<void>;
}

async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Makes an empty database on the test server. Throws where there is no server: a test that needs one must not pass without it. */
export async function createDatabase(): Promise<PostgresDatabase> {
  const server = inject("pgUrl");
  if (server === null) {
    throw new Error(
      `These tests need PostgreSQL: there are no embedded binaries for ${process.platform}-${process.arch}, so set PG_URL to a server that may create databases.`,
    );
  }
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}
