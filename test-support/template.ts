/**
 * Databases with core's schema in them, made once and copied for each test: bringing forty tables into every database anew would take longer
 * than most tests.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit, type SqlDriver } from "@campaignkit/core";
import pg from "pg";
import { inject } from "vitest";
import { onServer, testServer } from "./database.ts";
import { scratchFolder } from "./scratch.ts";

/** Names the lock under which the processes of a run agree who makes the template. */
const LOCK = 20_261_120;

/** Brings core's schema into a database. The driver stays open. */
export async function migrate(storage: SqlDriver): Promise<void> {
  await createCampaignKit({ storage, channels: {} }).migrate();
}

/** The same over a connection that is closed afterwards, so that all of it is where copies are made of. */
async function migrateAndClose(storage: SqlDriver): Promise<void> {
  await migrate(storage);
  await storage.close();
}

async function makeSqlite(): Promise<Uint8Array> {
  const folder = mkdtempSync(path.join(scratchFolder(), "campaignkit-template-"));
  try {
    const file = path.join(folder, "template.db");
    await migrateAndClose(sqlite(file, { synchronous: "off" }));
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makePostgres(server: string): Promise<string> {
  const name = `${inject("pgRun")}_template`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (rowCount !== 0) return name;
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft}`);
    await client.query(`create database ${draft}`);
    await migrateAndClose(postgres({ connectionString: onServer(server, draft), max: 1 }));
    await client.query(`alter database ${draft} rename to ${name}`);
    return name;
  } finally {
    await client.end();
  }
}

let file: Promise<Uint8Array> | undefined;
let database: Promise<string> | undefined;

/** A SQLite file with core's schema, as bytes. */
export function sqliteTemplate(): Promise<Uint8Array> {
  file ??= makeSqlite();
  return file;
}

/** The name of a database on the test server with core's schema. The set-up of the run removes it. */
export function postgresTemplate(): Promise<string> {
  database ??= makePostgres(testServer());
  return database;
}
