import { fork } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CampaignKitError, type SqlDriver, type SqlParameter } from "@campaignkit/core";
import { bundle } from "@campaignkit/test-support/bundle";
import { temporaryFile } from "@campaignkit/test-support/storage-subjects";
import BetterSqlite from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { type NodeSqliteHandle, sqlite } from "./index.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function newFile(): string {
  const { file, remove } = temporaryFile();
  cleanups.push(remove);
  return file;
}

function closing<Driver extends SqlDriver>(driver: Driver): Driver {
  cleanups.push(() => driver.close());
  return driver;
}

function host(file: string): DatabaseSync {
  const handle = new DatabaseSync(file);
  cleanups.push(() => handle.close());
  return handle;
}

const run = (driver: SqlDriver, sql: string, ...parameters: SqlParameter[]) =>
  driver.execute({ sql, parameters });
const failure = (kind: string) => expect.objectContaining({ details: { kind } });

describe("a file", () => {
  it("is opened with WAL, full synchronisation and foreign keys, by path or file URL", async () => {
    const file = newFile();
    for (const location of [file, pathToFileURL(file)]) {
      const driver = closing(sqlite(location));
      const settings = [];
      for (const name of ["journal_mode", "synchronous", "foreign_keys"]) {
        const { rows } = await run(driver, `PRAGMA ${name}`);
        settings.push(Object.values(rows[0] ?? {})[0]);
      }
      expect(settings).toEqual(["wal", 2, 1]);
    }
  });

  it("answers reads while a transaction is open, from what was committed before", async () => {
    const driver = closing(sqlite(newFile()));
    await run(driver, "CREATE TABLE t (n INTEGER)");
    await driver.transaction(async (transaction) => {
      await transaction.execute({ sql: "INSERT INTO t VALUES (1)", parameters: [] });
      // With a single connection this would wait for the transaction, and the transaction for this.
      expect((await run(driver, "SELECT n FROM t")).rows).toHaveLength(0);
    });
    expect((await run(driver, "SELECT n FROM t")).rows).toHaveLength(1);
  });

  it("asks the writing connection where only that one knows the answer", async () => {
    const driver = closing(sqlite(newFile()));
    await run(driver, "CREATE TABLE t (n INTEGER)");
    await run(driver, "INSERT INTO t VALUES (1), (2)");
    expect((await run(driver, "SELECT changes() AS n")).rows[0]?.["n"]).toBe(2);
    await run(driver, "CREATE TEMP TABLE mine AS SELECT 7 AS n");
    expect((await run(driver, "SELECT n FROM mine")).rows[0]?.["n"]).toBe(7);
  });

  it("says unavailable for a folder that does not exist and for a file that is no database", async () => {
    const nowhere = closing(sqlite("/nonexistent-folder/test.db"));
    await expect(run(nowhere, "SELECT 1")).rejects.toEqual(failure("unavailable"));
    const noDatabase = closing(sqlite(fileURLToPath(import.meta.url)));
    await expect(run(noDatabase, "SELECT 1")).rejects.toEqual(failure("unavailable"));
  });

  it("says full when there is no room, keeps nothing of the transaction, and goes on", async () => {
    const driver = closing(sqlite(newFile()));
    await run(driver, "CREATE TABLE t (n INTEGER, filling TEXT)");
    await run(driver, "PRAGMA max_page_count = 20");
    const fill = (executor: Pick<SqlDriver, "execute">) =>
      executor.execute({ sql: "INSERT INTO t VALUES (?, ?)", parameters: [1, "x".repeat(200_000)] });
    await expect(fill(driver)).rejects.toEqual(failure("full"));
    const swallowing = driver.transaction(async (transaction) => {
      await transaction.execute({ sql: "INSERT INTO t VALUES (2, '')", parameters: [] });
      await expect(fill(transaction)).rejects.toEqual(failure("full"));
    });
    const outcome = await swallowing.then(
      () => "committed",
      () => "rolled back",
    );
    const { rows } = await run(driver, "SELECT n FROM t");
    expect(rows).toHaveLength(outcome === "committed" ? 1 : 0);
    await run(driver, "INSERT INTO t VALUES (3, '')");
  });

  it("lets timers go on while statements are awaited in a row", async () => {
    const driver = closing(sqlite(":memory:"));
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 0);
    let statements = 0;
    while (!fired && statements < 1_000_000) {
      await run(driver, "SELECT 1");
      statements += 1;
    }
    expect(fired).toBe(true);
  });

  it("refuses transaction control in statements, and allows savepoints", async () => {
    const driver = closing(sqlite(":memory:"));
    for (const sql of ["BEGIN", " /* now */ commit", "-- x\nROLLBACK", "END", "rollback transaction"]) {
      await expect(run(driver, sql), sql).rejects.toEqual(failure("invalid"));
    }
  });
});

/** Runs the spender in a process of its own; resolves with how often it succeeded. */
async function spend(file: string, attempts: number, limit: number): Promise<number> {
  const script = await bundle(new URL("spender.fixture.ts", import.meta.url));
  const worker = fork(script, [file, String(attempts), String(limit)]);
  return new Promise((resolve, reject) => {
    let won: number | undefined;
    worker.once("message", (message) => {
      won = Number(message);
    });
    worker.once("exit", (code) => {
      if (won === undefined) reject(new Error(`The spender ended with code ${code} and no report.`));
      else resolve(won);
    });
  });
}

describe("two processes", () => {
  it("share a limit without one step beyond it", async () => {
    const file = newFile();
    const driver = closing(sqlite(file));
    await run(driver, "CREATE TABLE budget (spent INTEGER NOT NULL)");
    await run(driver, "INSERT INTO budget VALUES (0)");
    const [first, second] = await Promise.all([spend(file, 300, 500), spend(file, 300, 500)]);
    expect(first + second).toBe(500);
    expect((await run(driver, "SELECT spent FROM budget")).rows[0]?.["spent"]).toBe(500);
  });
});

describe("the host's handle", () => {
  it("is left open by close(), with its settings as they were", async () => {
    const handle = new BetterSqlite(newFile(), { timeout: 4321 });
    cleanups.push(() => handle.close());
    const driver = sqlite(handle);
    await run(driver, "CREATE TABLE t (n INTEGER)");
    await driver.transaction(async () => undefined);
    await driver.close();
    expect(handle.open).toBe(true);
    expect(handle.pragma("busy_timeout", { simple: true })).toBe(4321);
  });

  it("is not written to while the host has a transaction open on it", async () => {
    const handle = host(newFile());
    const driver = closing(sqlite(handle, { busyTimeoutMs: 10_000 }));
    await run(driver, "CREATE TABLE t (who TEXT)");
    handle.exec("BEGIN; INSERT INTO t VALUES ('host')");
    const waiting = run(driver, "INSERT INTO t VALUES ('engine')");
    const transaction = driver.transaction(async () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    handle.exec("ROLLBACK");
    await waiting;
    await transaction;
    expect((await run(driver, "SELECT who FROM t")).rows.map((row) => row["who"])).toEqual(["engine"]);
  });

  it("makes statements fail with contention when the host's transaction stays open", async () => {
    const handle = host(newFile());
    const driver = closing(sqlite(handle, { busyTimeoutMs: 20 }));
    await run(driver, "CREATE TABLE t (who TEXT)");
    handle.exec("BEGIN");
    await expect(run(driver, "INSERT INTO t VALUES ('engine')")).rejects.toEqual(failure("contention"));
    handle.exec("COMMIT");
    await run(driver, "INSERT INTO t VALUES ('engine')");
  });

  it("is adopted while the host's transaction is open, also when it is the driver's own handle", async () => {
    const handle = host(newFile());
    const driver = closing(sqlite(handle));
    await run(driver, "CREATE TABLE t (who TEXT)");
    const executor = driver.adopt?.(handle);
    handle.exec("BEGIN");
    await executor?.execute({ sql: "INSERT INTO t VALUES ('adopted')", parameters: [] });
    handle.exec("ROLLBACK");
    expect((await run(driver, "SELECT who FROM t")).rows).toHaveLength(0);
  });

  it("is not adopted into the engine's own transaction", async () => {
    const handle = host(newFile());
    const driver = closing(sqlite(handle));
    const executor = driver.adopt?.(handle);
    await driver.transaction(async () => {
      await expect(executor?.execute({ sql: "SELECT 1", parameters: [] })).rejects.toEqual(
        failure("invalid"),
      );
    });
  });

  it("makes statements unavailable once the host has closed it", async () => {
    const handle = new DatabaseSync(newFile());
    const driver = closing(sqlite(handle));
    await run(driver, "SELECT 1");
    handle.close();
    await expect(run(driver, "SELECT 1")).rejects.toEqual(failure("unavailable"));
    await expect(run(driver, "SELECT 2")).rejects.toEqual(failure("unavailable"));
  });
});

describe("a disk that fails", () => {
  /** The handle, with an error in place of one statement: a disk that fails on demand can't be had. */
  function failingAt(sql: string, handle: DatabaseSync): NodeSqliteHandle {
    const ioError = Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode: 1034 });
    return {
      get isOpen() {
        return handle.isOpen;
      },
      get isTransaction() {
        return handle.isTransaction;
      },
      prepare(text) {
        if (text.startsWith(sql)) throw ioError;
        return handle.prepare(text);
      },
      close: () => handle.close(),
    };
  }

  it("at a commit leaves the outcome unknown", async () => {
    const handle = host(newFile());
    const driver = closing(sqlite(failingAt("COMMIT", handle)));
    const transaction = driver.transaction(async () => undefined);
    await expect(transaction).rejects.toEqual(failure("outcome-unknown"));
    expect(handle.isTransaction).toBe(false);
  });

  it("at a statement that commits by itself leaves it unknown too, and in a transaction rolls back", async () => {
    const handle = host(newFile());
    handle.exec("CREATE TABLE t (n INTEGER)");
    const driver = closing(sqlite(failingAt("INSERT", handle)));
    await expect(run(driver, "INSERT INTO t VALUES (1)")).rejects.toEqual(failure("outcome-unknown"));
    const transaction = driver.transaction((open) =>
      open.execute({ sql: "INSERT INTO t VALUES (1)", parameters: [] }),
    );
    await expect(transaction).rejects.toEqual(failure("unavailable"));
  });
});

describe("parameters", () => {
  it("takes booleans as 1 and 0 and refuses NaN", async () => {
    const driver = closing(sqlite(":memory:"));
    const { rows } = await run(driver, "SELECT ? AS yes, ? AS no", true, false);
    expect(rows).toEqual([{ yes: 1, no: 0 }]);
    await expect(run(driver, "SELECT ?", Number.NaN)).rejects.toEqual(failure("invalid"));
  });

  it("counts placeholders outside of quotes and comments only", async () => {
    const driver = closing(sqlite(":memory:"));
    const sql = 'SELECT \'?\' AS a, "b?" AS b, /* ? */ ? AS c -- ?\n FROM (SELECT 1 AS "b?")';
    expect((await run(driver, sql, 5)).rows).toEqual([{ a: "?", b: 1, c: 5 }]);
  });
});

describe("options", () => {
  it("are refused when out of range, and so is what is no database", () => {
    const invalid = (make: () => unknown) => {
      try {
        make();
      } catch (error) {
        return CampaignKitError.is(error, "CONFIGURATION_INVALID") && error.details.setting;
      }
      return "nothing thrown";
    };
    expect(invalid(() => sqlite(":memory:", { busyTimeoutMs: -1 }))).toBe("busyTimeoutMs");
    expect(invalid(() => sqlite(":memory:", { statementCacheSize: 0.5 }))).toBe("statementCacheSize");
    // @ts-expect-error no handle of either library
    expect(invalid(() => sqlite({ query: 1 }))).toBe("storage");
  });
});
