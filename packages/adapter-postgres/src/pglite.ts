/** The driver over a PGlite database of the host: one connection inside the process, so transactions take turns. */
import {
  type SqlDriver,
  type SqlExecutor,
  type SqlResult,
  type SqlRow,
  type SqlStatement,
  StorageError,
} from "@campaignkit/core";
import { classify, classifyCommit, excerpt } from "./failures.ts";
import { checkTopic } from "./listener.ts";
import { refuseControl } from "./statement-kind.ts";
import { OpenTransaction } from "./transaction.ts";
import { InFlight } from "./turns.ts";
import { PARSERS, type Parser, parserOf, toText } from "./values.ts";

/** What the adapter tells PGlite about a query: how values become text and back, by type id. */
export interface PGliteQueryOptions {
  readonly parsers?: Record<number, Parser>;
  readonly serializers?: Record<number, (value: unknown) => string>;
}

/** What PGlite answers. */
export interface PGliteResult {
  readonly rows: unknown[];
  /** Rows changed by INSERT, UPDATE, DELETE or MERGE; 0 for everything else. */
  readonly affectedRows?: number;
  /** The number in the command tag; since PGlite 0.3. */
  readonly rowCount?: number;
}

interface PGliteExecutor {
  query(sql: string, parameters?: unknown[], options?: PGliteQueryOptions): Promise<PGliteResult>;
}

/** The transaction that PGlite's `transaction()` hands to its callback, by shape. */
export interface PGliteTransaction extends PGliteExecutor {
  readonly closed: boolean;
  rollback(): Promise<void>;
}

/** A PGlite database, by shape. */
export interface PGliteHandle extends PGliteExecutor {
  readonly waitReady: Promise<void>;
  /** The types it would parse and serialise by itself, by type id. */
  readonly parsers: Record<number | string, unknown>;
  readonly serializers: Record<number | string, unknown>;
  transaction<Result>(work: (transaction: PGliteTransaction) => Promise<Result>): Promise<Result>;
  listen(channel: string, callback: (payload: string) => void): Promise<unknown>;
  unlisten(channel: string, callback: (payload: string) => void): Promise<void>;
}

function isTransaction(handle: unknown): handle is PGliteTransaction {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "query" in handle &&
    "rollback" in handle &&
    "closed" in handle &&
    !("waitReady" in handle)
  );
}

/** Replaces what PGlite would parse and serialise by itself, so that values are the same as over `pg`. */
function conversionsOf(handle: PGliteHandle): PGliteQueryOptions {
  const asIs = (value: unknown) => String(value);
  const each = <Value>(ids: Record<string, unknown>, make: (id: number) => Value): Record<number, Value> =>
    Object.fromEntries(Object.keys(ids).map((id) => [id, make(Number(id))]));
  return {
    parsers: { ...each(handle.parsers, parserOf), ...each(PARSERS, parserOf) },
    serializers: each(handle.serializers, () => asIs),
  };
}

/** @internal */
export class PGliteDriver implements SqlDriver {
  readonly family = "postgres";
  readonly #handle: PGliteHandle;
  readonly #report: (error: Error) => void;
  readonly #inFlight = new InFlight();
  readonly #stops = new Set<() => Promise<void>>();
  #conversions: PGliteQueryOptions | undefined;
  #closing: Promise<void> | undefined;

  constructor(handle: PGliteHandle, report: (error: Error) => void) {
    this.#handle = handle;
    this.#report = report;
  }

  execute(statement: SqlStatement): Promise<SqlResult> {
    return this.#track(async () => {
      try {
        return await this.#run(this.#handle, statement);
      } catch (error) {
        throw classify(error, excerpt(statement.sql));
      }
    });
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#track(async () => {
      let workFailure: { readonly error: unknown } | undefined;
      try {
        return await this.#handle.transaction(async (handle) => {
          const transaction = new OpenTransaction((statement) => this.#run(handle, statement));
          try {
            const result = await work(transaction);
            await transaction.end();
            // In a doomed transaction nothing runs any more, not even this; COMMIT would roll back without an error.
            if (transaction.failed) {
              await handle.query("SELECT 1").catch(() => {
                throw transaction.doomed();
              });
            }
            return result;
          } catch (error) {
            await transaction.end();
            workFailure = { error };
            throw error;
          }
        });
      } catch (error) {
        if (workFailure !== undefined) throw workFailure.error;
        throw classifyCommit(error, "BEGIN or COMMIT");
      }
    });
  }

  adopt(handle: unknown): SqlExecutor | undefined {
    if (!isTransaction(handle)) return undefined;
    return {
      execute: async (statement) => {
        if (handle.closed) {
          throw new StorageError(
            "invalid",
            "PGlite: the host's transaction has been rolled back or is over.",
          );
        }
        try {
          return await this.#run(handle, statement);
        } catch (error) {
          throw classify(error, excerpt(statement.sql));
        }
      },
    };
  }

  listen(topic: string, handler: () => void): Promise<() => Promise<void>> {
    return this.#track(async () => {
      checkTopic(topic);
      // In quotes, or PGlite would fold it to lower case; unlisten() with the same name, for the function that listen() returns forgets the quotes.
      const channel = `"${topic.replaceAll('"', '""')}"`;
      let listening = true;
      const call = () => {
        if (!listening) return;
        try {
          handler();
        } catch (error) {
          this.#report(error instanceof Error ? error : new Error(String(error)));
        }
      };
      try {
        await this.#handle.listen(channel, call);
      } catch (error) {
        throw classify(error, `LISTEN ${topic}`);
      }
      const stop = async () => {
        listening = false;
        if (this.#stops.delete(stop)) await this.#handle.unlisten(channel, call);
      };
      this.#stops.add(stop);
      return stop;
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#inFlight.idle().then(async () => {
      for (const stop of this.#stops) await stop();
    });
    return this.#closing;
  }

  async #run(executor: PGliteExecutor, statement: SqlStatement): Promise<SqlResult> {
    refuseControl(statement.sql);
    if (this.#conversions === undefined) {
      // The array types are only known once it is ready.
      await this.#handle.waitReady;
      this.#conversions = conversionsOf(this.#handle);
    }
    const result = await executor.query(statement.sql, statement.parameters.map(toText), this.#conversions);
    return {
      rows: result.rows as SqlRow[],
      affectedRows: result.rowCount ?? (result.affectedRows || result.rows.length),
    };
  }

  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new StorageError("unavailable", "PGlite: the driver has been closed; make a new one to go on.");
    }
    return this.#inFlight.track(work);
  }
}
