/** A database that fails on order, just where a worker writes its results, and that knows when nobody is talking to it. */
import {
  type SqlDriver,
  type SqlExecutor,
  type SqlResult,
  type SqlStatement,
  StorageError,
} from "@campaignkit/core";

/** `refused`: rolled back. `answer-lost`: committed, but the worker hears of an error. */
export type WriteFault = "refused" | "answer-lost";

/** How often nothing must be going on, before everybody is taken to wait for somebody else. */
const CALM_TURNS = 8;

export class FaultyDriver implements SqlDriver {
  readonly family: SqlDriver["family"];
  readonly #inner: SqlDriver;
  /** What happens to the next write of a worker. */
  fault: WriteFault | null = null;
  /** As long as it is set, every write of a worker is refused. */
  outage = false;
  /** Called when a write was broken: what is repeated comes a little later. */
  onFault: () => void = () => undefined;
  /** Hears every statement, in order. */
  heard: (sql: string) => void = () => undefined;
  #busy = 0;

  constructor(inner: SqlDriver) {
    this.#inner = inner;
    this.family = inner.family;
  }

  execute(statement: SqlStatement): Promise<SqlResult> {
    this.heard(statement.sql);
    return this.#count(this.#inner.execute(statement));
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#count(this.#transaction(work));
  }

  /** Engines share it; whoever made it closes what is below. */
  async close(): Promise<void> {
    await this.calm(() => false);
  }

  /** Resolves when nobody has been talking to the database for a while, or `over` says that it is enough. */
  async calm(over: () => boolean): Promise<void> {
    for (let turns = 0; turns < CALM_TURNS && !over(); turns = this.#busy === 0 ? turns + 1 : 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    let fault: WriteFault | null = null;
    const result = await this.#inner.transaction(async (transaction) => {
      const watched = {
        execute: (statement: SqlStatement): Promise<SqlResult> => {
          this.heard(statement.sql);
          if (/^update "ck_delivery_claims"/.test(statement.sql)) {
            fault ??= this.outage ? "refused" : this.fault;
            this.fault = null;
          }
          return transaction.execute(statement);
        },
      };
      const done = await work(watched);
      if (fault !== null) this.onFault();
      if (fault === "refused") throw new StorageError("unavailable", "The database refused, as ordered.");
      return done;
    });
    if (fault === "answer-lost")
      throw new StorageError("outcome-unknown", "The answer to the commit is lost, as ordered.");
    return result;
  }

  async #count<Result>(work: Promise<Result>): Promise<Result> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
    }
  }
}
