/** Statements inside one transaction, in order, until it is over. */
import { type SqlExecutor, type SqlResult, type SqlStatement, StorageError } from "@campaignkit/core";
import { classify, excerpt, isAftermath } from "./failures.ts";
import { TurnQueue } from "./turns.ts";

/**
 * The executor that a transaction's work gets. A failed statement dooms the whole transaction in PostgreSQL; the failure is kept, so that a
 * commit that became a rollback can say why.
 */
export class OpenTransaction implements SqlExecutor {
  readonly #run: (statement: SqlStatement) => Promise<SqlResult>;
  readonly #turns = new TurnQueue();
  #over = false;
  #failure: StorageError | undefined;

  constructor(run: (statement: SqlStatement) => Promise<SqlResult>) {
    this.#run = run;
  }

  async execute(statement: SqlStatement): Promise<SqlResult> {
    return this.#turns.run(async () => {
      if (this.#over) {
        throw new StorageError(
          "invalid",
          `PostgreSQL: the transaction is over; await every statement inside it (${excerpt(statement.sql)}).`,
        );
      }
      try {
        return await this.#run(statement);
      } catch (error) {
        const failure = classify(error, excerpt(statement.sql));
        if (!isAftermath(error)) this.#failure = failure;
        throw failure;
      }
    });
  }

  /** Refuses what comes from now on, after what is still running. */
  end(): Promise<void> {
    return this.#turns.run(async () => {
      this.#over = true;
    });
  }

  /** Whether a statement has failed, so that the transaction may be doomed (a savepoint may have made it good). */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Why a commit became a rollback. */
  doomed(): StorageError {
    return new StorageError(
      this.#failure?.details.kind ?? "invalid",
      "PostgreSQL: a statement failed in the transaction and its error was not passed on; everything was rolled back.",
      { cause: this.#failure },
    );
  }
}
