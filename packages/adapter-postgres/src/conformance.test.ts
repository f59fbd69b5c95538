import { createDatabase } from "@campaignkit/test-support/database";
import { postgresServer } from "@campaignkit/test-support/storage-subjects";
import { registerCases, type StorageSubject, storageConformance } from "@campaignkit/testing";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, describe, it } from "vitest";
import { postgres } from "./index.ts";

const hostPool: StorageSubject = {
  name: "postgres, the host's pool without prepared statements",
  family: "postgres",
  adopts: true,
  async open() {
    const { url, drop } = await createDatabase();
    const pools: pg.Pool[] = [];
    const connect = () => {
      const pool = new pg.Pool({ connectionString: url, max: 4 });
      // end() does not wait for the sockets, so they may still hear that the database is dropped under them.
      pool.on("error", () => undefined);
      pools.push(pool);
      return { pool, driver: postgres({ pool, preparedStatements: false }) };
    };
    const { pool, driver } = connect();
    return {
      driver,
      another: async () => connect().driver,
      async inHostTransaction(end, work) {
        const client = await pool.connect();
        try {
          await client.query("BEGIN");
          await work(client);
          await client.query(end);
        } finally {
          client.release();
        }
      },
      async dispose() {
        for (const each of pools) await each.end();
        await drop();
      },
    };
  },
};

/** Starting one takes a second, so all cases share it, each with an empty schema. */
let shared: Promise<PGlite> | undefined;
afterAll(async () => (await shared)?.close());

const pglite: StorageSubject = {
  name: "PGlite",
  family: "postgres",
  connections: 1,
  adopts: true,
  async open() {
    shared ??= PGlite.create();
    const handle = await shared;
    return {
      driver: postgres({ pglite: handle }),
      // Another driver over the one connection: enough to notify from.
      another: async () => postgres({ pglite: handle }),
      async inHostTransaction(end, work) {
        await handle.transaction(async (transaction: Transaction) => {
          await work(transaction);
          if (end === "rollback") await transaction.rollback();
        });
      },
      async dispose() {
        await handle.exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
      },
    };
  },
};

describe.each([postgresServer, hostPool, pglite])("$name", (subject) => {
  registerCases(it, storageConformance(subject));
});
