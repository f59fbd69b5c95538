/** Runs one suite on SQLite and on a real PostgreSQL: every test opens databases of its own. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import type { SqlDriver, SqlFamily } from "@campaignkit/core";
import pg from "pg";
import { afterEach, describe, inject } from "vitest";

/** A database of one test. */
export interface TestDatabase {
  readonly family: SqlFamily;
  /** The connection string, or the file. */
  readonly location: string;
  /** A driver to it, as another process would open one. Closed at the end of the test. */
  connect(): SqlDriver;
}

async function createSqlite(closers: (() => Promise<void> | void)[]): Promise<TestDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), "campaignkit-test-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const location = path.join(folder, "test.db");
  return {
    family: "sqlite",
    location,
    connect: () => opened(sqlite(location, { synchronous: "off" }), closers),
  };
}

async function createPostgres(closers: (() => Promise<void> | void)[]): Promise<TestDatabase> {
  const server = inject("pgUrl");
  if (server === null)
    throw new Error(
      "No PostgreSQL: neither PG_URL is set nor are embedded binaries there for this platform.",
    );
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await admin(`create database ${name}`);
  closers.push(() => admin(`drop database ${name} with (force)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const location = url.href;
  return {
    family: "postgres",
    location,
    connect: () => opened(postgres({ connectionString: location, max: 8 }), closers),
  };
}

function opened(driver: SqlDriver, closers: (() => Promise<void> | void)[]): SqlDriver {
  closers.push(() => driver.close());
  return driver;
}

/**
 * Describes the suite once for each database. `database()` makes a fresh, empty one; everything opened is closed and dropped at the end of
 * the test.
 */
export function describeEachDatabase(
  title: string,
  suite: (database: () => Promise<TestDatabase>, family: SqlFamily) => void,
): void {
  for (const family of ["sqlite", "postgres"] as const) {
    describe(`${title} (${family})`, () => {
      const closers: (() => Promise<void> | void)[] = [];
      afterEach(async () => {
        for (const close of closers.splice(0).reverse()) await close();
      });
      suite(() => (family === "sqlite" ? createSqlite(closers) : createPostgres(closers)), family);
    });
  }
}
