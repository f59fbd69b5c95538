import { DatabaseSync } from "node:sqlite";
import { BUSY_TIMEOUT_MS, sqliteFile, temporaryFile } from "@campaignkit/test-support/storage-subjects";
import { registerCases, type StorageSubject, storageConformance } from "@campaignkit/testing";
import BetterSqlite from "better-sqlite3";
import { describe, it } from "vitest";
import { type SqliteHandle, sqlite } from "./index.ts";

const oneConnection = () => Promise.reject(new Error("A database in memory has one connection."));

const inMemory: StorageSubject = {
  name: "sqlite, in memory",
  family: "sqlite",
  connections: 1,
  async open() {
    return { driver: sqlite(":memory:"), another: oneConnection, dispose: async () => undefined };
  },
};

/** A file whose connections all come from handles that the host opened. */
function overHandles(
  name: string,
  openHandle: (file: string) => SqliteHandle & { exec(sql: string): unknown },
): StorageSubject {
  return {
    name,
    family: "sqlite",
    adopts: true,
    async open() {
      const { file, remove } = temporaryFile();
      const handles: SqliteHandle[] = [];
      const open = () => {
        const handle = openHandle(file);
        handles.push(handle);
        return handle;
      };
      const connect = () => sqlite(open(), { busyTimeoutMs: BUSY_TIMEOUT_MS });
      return {
        driver: connect(),
        another: async () => connect(),
        async inHostTransaction(end, work) {
          const handle = open();
          handle.exec("BEGIN IMMEDIATE");
          await work(handle);
          handle.exec(end);
        },
        async dispose() {
          for (const handle of handles) handle.close();
          remove();
        },
      };
    },
  };
}

const nodeHandle = overHandles("sqlite, a handle of node:sqlite", (file) => {
  const handle = new DatabaseSync(file);
  handle.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  return handle;
});

const betterSqlite = overHandles("sqlite, a handle of better-sqlite3", (file) => {
  const handle = new BetterSqlite(file);
  handle.pragma("journal_mode = WAL");
  handle.pragma("synchronous = OFF");
  return handle;
});

describe.each([sqliteFile, inMemory, nodeHandle, betterSqlite])("$name", (subject) => {
  registerCases(it, storageConformance(subject));
});
