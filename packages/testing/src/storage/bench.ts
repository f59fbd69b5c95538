/** What a case works with: a fresh database, SQL for either family, and waits that end. */
import type { SqlDriver, SqlExecutor, SqlFamily, SqlParameter, SqlResult } from "@campaignkit/core";
import type { OpenStorage } from "./subject.ts";

/** Waits of a case; generous, for slow machines. Nothing that works comes near it. */
const PATIENCE_MS = 20_000;

/** The promise's outcome, or a rejection that says what did not happen in time. */
export async function inTime<Result>(what: string, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE_MS} ms.`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets everything go on that can: timers, sockets, other connections. */
export function pause(ms = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Column types by family. */
const TYPES = {
  sqlite: { integer: "INTEGER", real: "REAL", text: "TEXT", bytes: "BLOB", json: "TEXT" },
  postgres: { integer: "BIGINT", real: "DOUBLE PRECISION", text: "TEXT", bytes: "BYTEA", json: "JSONB" },
} as const;

/** One case's surroundings. */
export class Bench {
  readonly family: SqlFamily;
  readonly driver: SqlDriver;
  readonly types: (typeof TYPES)[SqlFamily];
  readonly #open: OpenStorage;
  readonly #others: SqlDriver[] = [];

  constructor(family: SqlFamily, open: OpenStorage) {
    this.family = family;
    this.driver = open.driver;
    this.types = TYPES[family];
    this.#open = open;
  }

  /** Runs SQL written with `?`, on the driver unless another executor is named. */
  run(
    sql: string,
    parameters: readonly SqlParameter[] = [],
    on: SqlExecutor = this.driver,
    name?: string,
  ): Promise<SqlResult> {
    let count = 0;
    const text = this.family === "postgres" ? sql.replace(/\?/g, () => `$${++count}`) : sql;
    return on.execute({ sql: text, parameters, ...(name !== undefined && { name }) });
  }

  /** The first column of every row. */
  async column(
    sql: string,
    parameters: readonly SqlParameter[] = [],
    on: SqlExecutor = this.driver,
  ): Promise<unknown[]> {
    const { rows } = await this.run(sql, parameters, on);
    return rows.map((row) => Object.values(row)[0]);
  }

  /** The first column of the first row, as a number. */
  async number(
    sql: string,
    parameters: readonly SqlParameter[] = [],
    on: SqlExecutor = this.driver,
  ): Promise<number> {
    return Number((await this.column(sql, parameters, on))[0]);
  }

  /** A table `item (id, label, amount)` with a unique label and an amount that is not negative. */
  async itemTable(): Promise<void> {
    const { integer, text } = this.types;
    await this.run(
      `CREATE TABLE item (id ${integer} PRIMARY KEY, label ${text} NOT NULL UNIQUE, amount ${integer} NOT NULL DEFAULT 0 CHECK (amount >= 0))`,
    );
  }

  /** Adds one item. */
  addItem(id: number, on: SqlExecutor = this.driver): Promise<SqlResult> {
    return this.run("INSERT INTO item (id, label) VALUES (?, ?)", [id, `item ${id}`], on);
  }

  /** The ids of all items, as another statement outside every transaction sees them. */
  async itemIds(on: SqlExecutor = this.driver): Promise<number[]> {
    return (await this.column("SELECT id FROM item ORDER BY id", [], on)).map(Number);
  }

  /** Another driver to the same database. */
  async another(): Promise<SqlDriver> {
    const driver = await this.#open.another();
    this.#others.push(driver);
    return driver;
  }

  /** Runs the work in a transaction that the host began, with the executor that the driver made of its handle. */
  async inHostTransaction(
    end: "commit" | "rollback",
    work: (executor: SqlExecutor) => Promise<void>,
  ): Promise<void> {
    if (this.#open.inHostTransaction === undefined) {
      throw new Error("The subject says that it adopts, but its open() gives no inHostTransaction.");
    }
    await this.#open.inHostTransaction(end, async (handle) => {
      const executor = this.driver.adopt?.(handle);
      if (executor === undefined) throw new Error("adopt() did not recognise the host's handle.");
      await work(executor);
    });
  }

  /** Closes every driver and removes the database. */
  async dispose(): Promise<void> {
    try {
      for (const driver of [this.driver, ...this.#others]) await inTime("close()", driver.close());
    } finally {
      await this.#open.dispose();
    }
  }
}
