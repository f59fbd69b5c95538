/** One open transaction on a connection: what its work may execute, and how it ends. */
import { type SqlExecutor, type SqlResult, type SqlStatement, StorageError } from "@campaignkit/core";
import type { Database } from "./database.ts";
import { classify, classifyCommit, excerpt } from "./failures.ts";
import type { Breath } from "./waiting.ts";

/** The executor that a transaction's work gets. It refuses statements once the transaction has ended. */
export class OpenTransaction implements SqlExecutor {
  readonly #database: Database;
  readonly #breath: Breath;
  #over = false;
  #failure: StorageError | undefined;

  constructor(database: Database, breath: Breath) {
    this.#database = database;
    this.#breath = breath;
  }

  async execute(statement: SqlStatement): Promise<SqlResult> {
    const breath = this.#breath.due();
    if (breath) await breath;
    if (this.#over) {
      throw new StorageError(
        "invalid",
        `SQLite: the transaction is over; await every statement inside it (${excerpt(statement.sql)}).`,
      );
    }
    this.#refuseWhenLost();
    try {
      return this.#database.writerStatements.run(statement);
    } catch (error) {
      this.#failure = classify(error, excerpt(statement.sql));
      throw this.#failure;
    }
  }

  /** SQLite rolls a transaction back by itself on some errors (disk full, I/O); what follows would commit by itself. */
  #refuseWhenLost(): void {
    if (this.#database.writer.inTransaction()) return;
    throw new StorageError(
      this.#failure?.details.kind ?? "unavailable",
      "SQLite: the transaction was rolled back by SQLite after an error in it; nothing of it was kept.",
      { cause: this.#failure },
    );
  }

  /** Makes it durable; `attempts` repeats while another connection is in the way. When it throws, the caller rolls back. */
  async commit(attempts: (attempt: () => void) => Promise<void>): Promise<void> {
    this.#over = true;
    this.#refuseWhenLost();
    try {
      // Outside WAL a reader can hold up a commit; the transaction stays open meanwhile and COMMIT may be repeated.
      await attempts(() => this.#database.brackets.commit());
    } catch (error) {
      throw classifyCommit(error, "COMMIT");
    }
  }

  /** Undoes it. `false` when SQLite would not, so that the connection can't be used any more. */
  rollback(): boolean {
    this.#over = true;
    try {
      if (this.#database.writer.inTransaction()) this.#database.brackets.rollback();
    } catch {
      // The work's own error is the one to report; a transaction that stays open is told by the result.
      return false;
    }
    return true;
  }
}
