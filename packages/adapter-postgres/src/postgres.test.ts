import { inspect } from "node:util";
import { CampaignKitError, type SqlDriver, type SqlExecutor, type SqlParameter } from "@campaignkit/core";
import { createDatabase } from "@campaignkit/test-support/database";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PostgresConnectionOptions, postgres } from "./index.ts";

let url: string;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  const database = await createDatabase();
  url = database.url;
  cleanups.push(database.drop);
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function connect(options: PostgresConnectionOptions = {}): SqlDriver {
  const driver = postgres({ connectionString: url, max: 3, ...options });
  cleanups.push(() => driver.close());
  return driver;
}

function hostPool(): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // end() does not wait for the sockets, so they may still hear that the database is dropped under them.
  pool.on("error", () => undefined);
  cleanups.push(() => pool.end());
  return pool;
}

async function hostClient(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  cleanups.push(() => client.end());
  return client;
}

const run = (on: SqlExecutor, sql: string, ...parameters: SqlParameter[]) => on.execute({ sql, parameters });
const failure = (kind: string) => expect.objectContaining({ details: { kind } });
/** Ends the other connections to the database, as a restart of the server would. */
const KILL_OTHERS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
const KILL_OWN = "SELECT pg_terminate_backend(pg_backend_pid())";

/** A table on which an insert ends its own connection: at once, or at the commit. */
async function deadlyTable(driver: SqlDriver, when: "at once" | "at the commit"): Promise<void> {
  await run(driver, "CREATE TABLE deadly (n BIGINT)");
  await run(
    driver,
    `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NEW; END'`,
  );
  const timing =
    when === "at once"
      ? "TRIGGER die AFTER INSERT ON deadly"
      : "CONSTRAINT TRIGGER die AFTER INSERT ON deadly DEFERRABLE INITIALLY DEFERRED";
  await run(driver, `CREATE ${timing} FOR EACH ROW EXECUTE FUNCTION die()`);
}

describe("a connection that breaks", () => {
  it("in a transaction is unavailable, and the next one goes on", async () => {
    const driver = connect();
    const transaction = driver.transaction((open) => run(open, KILL_OWN));
    await expect(transaction).rejects.toEqual(failure("unavailable"));
    expect((await run(driver, "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("in a transaction whose work swallows it does not pass for a commit", async () => {
    const driver = connect();
    const transaction = driver.transaction(async (open) => {
      await expect(run(open, KILL_OWN)).rejects.toEqual(failure("unavailable"));
    });
    await expect(transaction).rejects.toBeInstanceOf(CampaignKitError);
  });

  it("during COMMIT leaves the outcome unknown", async () => {
    const driver = connect();
    await deadlyTable(driver, "at the commit");
    const transaction = driver.transaction((open) => run(open, "INSERT INTO deadly VALUES (1)"));
    await expect(transaction).rejects.toEqual(failure("outcome-unknown"));
    expect((await run(driver, "SELECT * FROM deadly")).rows).toHaveLength(0);
  });

  it("during a statement that commits by itself leaves it unknown, during a SELECT it is unavailable", async () => {
    const driver = connect();
    await deadlyTable(driver, "at once");
    await expect(run(driver, "INSERT INTO deadly VALUES (1)")).rejects.toEqual(failure("outcome-unknown"));
    await expect(run(driver, KILL_OWN)).rejects.toEqual(failure("unavailable"));
  });

  it("while idle ends neither the process nor the driver, and is told to who wants to know", async () => {
    const told = Promise.withResolvers<Error>();
    const driver = connect({ onBackgroundError: told.resolve });
    await run(driver, "SELECT 1");
    await (await hostClient()).query(KILL_OTHERS);
    expect(await told.promise).toEqual(failure("unavailable"));
    expect((await run(driver, "SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  it("can't be made to a closed port, which is unavailable", async () => {
    const driver = connect({ connectionString: "postgres://nobody:hunter2@127.0.0.1:1/none" });
    await expect(run(driver, "SELECT 1")).rejects.toEqual(failure("unavailable"));
    await expect(driver.transaction(async () => undefined)).rejects.toEqual(failure("unavailable"));
    await expect(driver.listen?.("topic", () => undefined)).rejects.toEqual(failure("unavailable"));
  });

  it("can't be had when all are taken for longer than the time-out, which is unavailable", async () => {
    const driver = connect({ max: 1, connectionTimeoutMillis: 30 });
    await driver.transaction(async () => {
      await expect(run(driver, "SELECT 1")).rejects.toEqual(failure("unavailable"));
    });
  });
});

describe("listening", () => {
  it("goes on after its connection was lost, and calls the handlers since something may have been missed", async () => {
    const lost = Promise.withResolvers<Error>();
    const driver = connect({ onBackgroundError: lost.resolve });
    let called = Promise.withResolvers<void>();
    const stop = await driver.listen?.("wake", () => called.resolve());
    const host = await hostClient();
    await host.query(KILL_OTHERS);
    await lost.promise;
    await called.promise;
    called = Promise.withResolvers<void>();
    await host.query("NOTIFY wake");
    await called.promise;
    await stop?.();
  });

  it("leaves no connection behind when all have stopped", async () => {
    const driver = connect();
    const stops = [await driver.listen?.("a", () => undefined), await driver.listen?.("b", () => undefined)];
    const host = await hostClient();
    const listeners = async () => {
      const { rows } = await host.query(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%LISTEN%' AND pid <> pg_backend_pid()",
      );
      return rows[0].n;
    };
    expect(await listeners()).toBe(1);
    for (const stop of stops) await stop?.();
    await expect.poll(listeners).toBe(0);
  });

  it("refuses topics that the server would cut", async () => {
    const driver = connect();
    for (const topic of ["", "x".repeat(64), "ä".repeat(32)]) {
      await expect(driver.listen?.(topic, () => undefined)).rejects.toEqual(failure("invalid"));
    }
  });
});

describe("errors", () => {
  it("hold no password and no connection string, however the connecting failed", async () => {
    const secrets = [
      "postgres://user:hunter2@127.0.0.1:1/db",
      "postgres://user:hunter2@[nonsense/db",
      "postgres://user:hunter2@127.0.0.1:notaport/db",
      `${url.replace("//postgres@", "//postgres:hunter2@")}_missing`,
    ];
    for (const connectionString of secrets) {
      const background: Error[] = [];
      const driver = postgres({ connectionString, onBackgroundError: (error) => background.push(error) });
      const errors = [
        await run(driver, "SELECT 1").catch((error: unknown) => error),
        await driver.transaction(async () => undefined).catch((error: unknown) => error),
        await driver.listen?.("topic", () => undefined).catch((error: unknown) => error),
      ];
      await driver.close();
      for (const error of [...errors, ...background]) {
        expect(CampaignKitError.is(error, "STORAGE_FAILED")).toBe(true);
        expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(
          "hunter2",
        );
      }
    }
  });

  it("hold no value that a parameter could not be turned into a type from", async () => {
    const driver = connect();
    const error = await run(driver, "SELECT $1::uuid", "secret-token").catch((thrown: unknown) => thrown);
    expect(error).toEqual(failure("invalid"));
    expect(inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain(
      "secret-token",
    );
  });

  it("say contention for a lock that is not waited for, and unavailable for a time-out", async () => {
    const driver = connect();
    await run(driver, "CREATE TABLE t (id BIGINT PRIMARY KEY)");
    await run(driver, "INSERT INTO t VALUES (1)");
    await driver.transaction(async (open) => {
      await run(open, "SELECT id FROM t FOR UPDATE");
      await expect(run(driver, "SELECT id FROM t FOR UPDATE NOWAIT")).rejects.toEqual(failure("contention"));
    });
    const hasty = connect({ statement_timeout: 20 });
    await expect(run(hasty, "SELECT pg_sleep(5)")).rejects.toEqual(failure("unavailable"));
  });

  it("keep the kind of a failure that the work swallowed", async () => {
    const driver = connect();
    await run(driver, "CREATE TABLE t (id BIGINT PRIMARY KEY)");
    await run(driver, "INSERT INTO t VALUES (1)");
    const transaction = driver.transaction(async (open) => {
      await expect(run(open, "INSERT INTO t VALUES (1)")).rejects.toEqual(failure("unique"));
      await expect(run(open, "SELECT 1")).rejects.toEqual(failure("invalid"));
    });
    await expect(transaction).rejects.toEqual(failure("unique"));
  });
});

describe("values", () => {
  it("do not depend on what the host set in pg.types", async () => {
    const original = pg.types.getTypeParser(pg.types.builtins.INT8);
    pg.types.setTypeParser(pg.types.builtins.INT8, () => "the host's");
    cleanups.push(() => pg.types.setTypeParser(pg.types.builtins.INT8, original));
    const driver = connect();
    const { rows } = await run(driver, "SELECT 7::bigint AS n");
    expect(rows).toEqual([{ n: 7 }]);
  });

  it("are numbers where they fit, and text where JavaScript has no equal", async () => {
    const driver = connect();
    const { rows } = await run(
      driver,
      "SELECT 1.5::numeric AS numeric, 2::int AS int, 0.25::real AS real, '2027-03-01T08:00:00Z'::timestamptz AS at, '{1,2}'::int[] AS list, 'a'::char AS letter",
    );
    expect(rows[0]).toMatchObject({ numeric: 1.5, int: 2, real: 0.25, list: "{1,2}", letter: "a" });
    expect(typeof rows[0]?.["at"]).toBe("string");
    await expect(run(driver, "SELECT 9007199254740993::numeric AS n")).rejects.toEqual(failure("invalid"));
    await expect(run(driver, "SELECT $1::float8", Number.NaN)).rejects.toEqual(failure("invalid"));
  });
});

describe("prepared statements", () => {
  it("are prepared anew after the server has dropped them", async () => {
    const driver = connect({ max: 1 });
    const statement = { sql: "SELECT $1::int AS n", parameters: [1], name: "hot" };
    await driver.execute(statement);
    await run(driver, "DEALLOCATE ALL");
    expect((await driver.execute(statement)).rows).toEqual([{ n: 1 }]);
  });

  it("that are stale inside a transaction make it fail with contention, and work when it is repeated", async () => {
    const driver = connect({ max: 1 });
    await run(driver, "CREATE TABLE t (a BIGINT)");
    const statement = { sql: "SELECT * FROM t", parameters: [], name: "all" };
    await driver.execute(statement);
    await run(driver, "ALTER TABLE t ADD COLUMN b BIGINT");
    await expect(driver.transaction((open) => open.execute(statement))).rejects.toEqual(
      failure("contention"),
    );
    await driver.transaction((open) => open.execute(statement));
  });

  it("are kept on the server under short names of their own, or not at all", async () => {
    for (const preparedStatements of [true, false]) {
      const driver = connect({ max: 1, preparedStatements });
      await driver.execute({ sql: "SELECT 1", parameters: [], name: "x".repeat(300) });
      const { rows } = await run(driver, "SELECT name FROM pg_prepared_statements WHERE name <> ''");
      expect(rows.map(({ name }) => /^ck_[0-9a-f]{32}_\d+$/.test(String(name)))).toEqual(
        preparedStatements ? [true] : [],
      );
    }
  });
});

describe("a schema", () => {
  it("holds the tables of the driver, and of host transactions it adopts, which keep their own path", async () => {
    const host = await hostClient();
    await host.query('CREATE SCHEMA "Marketing"');
    await host.query("CREATE TABLE orders (id BIGINT)");
    const driver = connect({ schema: "Marketing" });
    await run(driver, "CREATE TABLE note (id BIGINT)");
    await host.query("BEGIN");
    const executor = driver.adopt?.(host);
    await executor?.execute({ sql: "INSERT INTO note VALUES ($1)", parameters: [1] });
    await host.query("INSERT INTO orders VALUES (1)");
    await host.query("COMMIT");
    expect((await run(driver, "SELECT id FROM note")).rows).toEqual([{ id: 1 }]);
    const { rows } = await host.query("SELECT schemaname FROM pg_tables WHERE tablename = 'note'");
    expect(rows).toEqual([{ schemaname: "Marketing" }]);
  });
});

describe("the host's own", () => {
  it("pool is left open by close(), with none of its clients taken", async () => {
    const pool = hostPool();
    const driver = postgres({ pool });
    await driver.listen?.("topic", () => undefined);
    await run(driver, "SELECT 1");
    await driver.close();
    expect(pool.totalCount - pool.idleCount).toBe(0);
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    expect(pool.listenerCount("error"), "only the host's own").toBe(1);
  });

  it("pool is not taken for a transaction, and a client without one is refused", async () => {
    const driver = connect();
    const pool = hostPool();
    expect(driver.adopt?.(pool)).toBeUndefined();
    const executor = driver.adopt?.(await hostClient());
    await expect(executor?.execute({ sql: "SELECT 1", parameters: [] })).rejects.toEqual(failure("invalid"));
  });

  it("transaction control is refused in statements, savepoints are not", async () => {
    const driver = connect();
    for (const sql of ["BEGIN", " commit", "START TRANSACTION", "ROLLBACK", "END", "abort"]) {
      await expect(run(driver, sql), sql).rejects.toEqual(failure("invalid"));
    }
  });

  it("things of other kinds are refused when wiring", () => {
    // @ts-expect-error no pool
    expect(() => postgres({ pool: {} })).toThrow("pool is no Pool of pg");
    // @ts-expect-error no PGlite
    expect(() => postgres({ pglite: {} })).toThrow("pglite is no PGlite database");
  });
});
