/** The storage drivers that the conformance kit is run on, in more than one package. */
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import type { StorageSubject } from "@campaignkit/testing";
import pg from "pg";
import { createDatabase } from "./database.ts";
import { scratchFolder } from "./scratch.ts";

/** A temporary folder for one database file. */
export function temporaryFile(): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(path.join(scratchFolder(), "campaignkit-storage-"));
  return {
    file: path.join(folder, "test.db"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Short, so that the cases in which nobody gives way take no longer than they must. */
export const BUSY_TIMEOUT_MS = 300;

export const sqliteFile: StorageSubject = {
  name: "sqlite, a file",
  family: "sqlite",
  adopts: true,
  async open() {
    const { file, remove } = temporaryFile();
    const connect = () => sqlite(file, { busyTimeoutMs: BUSY_TIMEOUT_MS, synchronous: "off" });
    return {
      driver: connect(),
      another: async () => connect(),
      async inHostTransaction(end, work) {
        const handle = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
        try {
          handle.exec("BEGIN IMMEDIATE");
          await work(handle);
          handle.exec(end);
        } finally {
          handle.close();
        }
      },
      dispose: async () => remove(),
    };
  },
};

export const postgresServer: StorageSubject = {
  name: "postgres, a server",
  family: "postgres",
  adopts: true,
  async open() {
    const { url, drop } = await createDatabase();
    const connect = () => postgres({ connectionString: url, max: 5 });
    return {
      driver: connect(),
      another: async () => connect(),
      async inHostTransaction(end, work) {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        try {
          await client.query("BEGIN");
          await work(client);
          await client.query(end);
        } finally {
          await client.end();
        }
      },
      dispose: drop,
    };
  },
};
