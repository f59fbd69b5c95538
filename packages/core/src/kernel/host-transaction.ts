/** The host's own open transaction, as the engine takes part in it: one piece of work at a time, each under a savepoint. */
import PQueue from "p-queue";
import type { SqlExecutor } from "../ports/storage.ts";

/** Turns by the host's handle, whoever joins through it: savepoints of pieces that overlap would undo each other's work. */
const turnsOf = new WeakMap<object, PQueue>();

const SAVEPOINT = "campaignkit_part";

/** A transaction that the host begins and ends. */
export class HostTransaction {
  readonly executor: SqlExecutor;
  readonly #turns: PQueue;

  constructor(handle: object, executor: SqlExecutor) {
    this.executor = executor;
    this.#turns = turnsOf.get(handle) ?? new PQueue({ concurrency: 1 });
    turnsOf.set(handle, this.#turns);
  }

  /** Does a piece of work in it: an error undoes our part and leaves theirs. Pieces must not be nested. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#turns.add(async () => {
      await this.#say(`savepoint ${SAVEPOINT}`);
      try {
        const result = await work();
        await this.#say(`release savepoint ${SAVEPOINT}`);
        return result;
      } catch (error) {
        await this.#undo();
        throw error;
      }
    });
  }

  async #undo(): Promise<void> {
    try {
      await this.#say(`rollback to savepoint ${SAVEPOINT}`);
      await this.#say(`release savepoint ${SAVEPOINT}`);
    } catch {
      // Then the whole transaction is gone, as the host will find; the error that came first says why.
      return;
    }
  }

  async #say(sql: string): Promise<void> {
    await this.executor.execute({ sql, parameters: [] });
  }
}
