/** Runs one suite on SQLite and on a real PostgreSQL: every test opens databases of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import type { SqlDriver, SqlFamily } from "@campaignkit/core";
import { afterEach, describe } from "vitest";
import { copyDatabase, createDatabase } from "./database.ts";
import { scratchFolder } from "./scratch.ts";
import { migrate, postgresTemplate, sqliteTemplate } from "./template.ts";

/**
 * What a test's database is: one with core's `schema` and no row in it, or one with nothing at all (`empty`). `memory` is `schema` for a test with
 * one connection: where a file is not what it is about, SQLite in memory takes two thirds of the time.
 */
export type TestContent = "schema" | "empty" | "memory";

/** A database of one test. */
export interface TestDatabase {
  readonly family: SqlFamily;
  /** The connection string, or the file. */
  readonly location: string;
  /** A driver to it, as another process would open one. Closed at the end of the test. */
  connect(): SqlDriver;
}

type Closers = (() => Promise<void> | void)[];

async function createSqlite(closers: Closers, content: TestContent): Promise<TestDatabase> {
  if (content === "memory") {
    const driver = opened(sqlite(":memory:"), closers);
    await migrate(driver);
    return { family: "sqlite", location: ":memory:", connect: () => driver };
  }
  const folder = mkdtempSync(path.join(scratchFolder(), "campaignkit-test-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const location = path.join(folder, "test.db");
  if (content === "schema") writeFileSync(location, await sqliteTemplate());
  return {
    family: "sqlite",
    location,
    connect: () => opened(sqlite(location, { synchronous: "off" }), closers),
  };
}

async function createPostgres(closers: Closers, content: TestContent): Promise<TestDatabase> {
  const { url, drop } = await (content === "empty"
    ? createDatabase()
    : copyDatabase(await postgresTemplate()));
  closers.push(drop);
  return {
    family: "postgres",
    location: url,
    connect: () => opened(postgres({ connectionString: url, max: 8 }), closers),
  };
}

function opened(driver: SqlDriver, closers: Closers): SqlDriver {
  closers.push(() => driver.close());
  return driver;
}

/**
 * Describes the suite once for each database. `database()` makes a fresh one with core's schema; everything opened is closed and dropped at the
 * end of the test.
 */
export function describeEachDatabase(
  title: string,
  suite: (database: (content?: TestContent) => Promise<TestDatabase>, family: SqlFamily) => void,
): void {
  for (const family of ["sqlite", "postgres"] as const) {
    describe(`${title} (${family})`, () => {
      const closers: Closers = [];
      afterEach(async () => {
        for (const close of closers.splice(0).reverse()) await close();
      });
      const create = family === "sqlite" ? createSqlite : createPostgres;
      suite((content = "schema") => create(closers, content), family);
    });
  }
}
