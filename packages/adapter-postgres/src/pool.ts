/** The driver over a pool of `pg` connections. */
import {
  type SqlDriver,
  type SqlExecutor,
  type SqlResult,
  type SqlStatement,
  StorageError,
} from "@campaignkit/core";
import { adoptClient } from "./adopt.ts";
import { type NotifyingClient, type PostgresClient, runOn, type StatementSettings } from "./client.ts";
import { breaksConnection, classify, classifyCommit, excerpt } from "./failures.ts";
import { Listener, type ListeningConnection } from "./listener.ts";
import { readsOnly, refuseControl } from "./statement-kind.ts";
import { OpenTransaction } from "./transaction.ts";
import { InFlight } from "./turns.ts";

/** A client out of a pool. */
export interface PostgresPoolClient extends NotifyingClient {
  /** Gives it back; with `true` it is thrown away instead. */
  release(destroy?: boolean): void;
}

/** A `Pool` of `pg`, by shape. */
export interface PostgresPool {
  connect(): Promise<PostgresPoolClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

interface PoolDriverSettings {
  readonly pool: PostgresPool;
  readonly statements: StatementSettings;
  /** The schema that an adopted host transaction must be pointed to, and back from. */
  readonly schema: string | undefined;
  /** A connection that can be held for listening. */
  readonly openListening: () => Promise<ListeningConnection>;
  readonly report: (error: Error) => void;
  /** Ends the pool, or leaves it to the host. */
  readonly end: () => Promise<void>;
}

/** @internal */
export class PoolDriver implements SqlDriver {
  readonly family = "postgres";
  readonly #settings: PoolDriverSettings;
  readonly #inFlight = new InFlight();
  readonly #listener: Listener;
  #closing: Promise<void> | undefined;

  constructor(settings: PoolDriverSettings) {
    this.#settings = settings;
    this.#listener = new Listener(settings.openListening, settings.report);
  }

  execute(statement: SqlStatement): Promise<SqlResult> {
    return this.#track(async () => {
      refuseControl(statement.sql);
      return this.#withClient(async (client, spoil) => {
        try {
          return await runOn(client, statement, this.#settings.statements, true);
        } catch (error) {
          if (breaksConnection(error)) spoil();
          const doing = excerpt(statement.sql);
          throw readsOnly(statement.sql) ? classify(error, doing) : classifyCommit(error, doing);
        }
      });
    });
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#track(() => this.#withClient((client, spoil) => this.#transact(client, spoil, work)));
  }

  adopt(handle: unknown): SqlExecutor | undefined {
    return adoptClient(handle, this.#settings.statements, this.#settings.schema);
  }

  listen(topic: string, handler: () => void): Promise<() => Promise<void>> {
    return this.#track(() => this.#listener.listen(topic, handler));
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  /** Lends a client out of the pool. Once spoilt, or when its connection breaks, it is thrown away instead of given back. */
  async #withClient<Result>(
    work: (client: PostgresClient, spoil: () => void) => Promise<Result>,
  ): Promise<Result> {
    let client: PostgresPoolClient;
    try {
      client = await this.#settings.pool.connect();
    } catch (error) {
      throw classify(error, "connecting");
    }
    let spoilt = false;
    const spoil = () => {
      spoilt = true;
    };
    // A client that is lent out reports a lost connection as an event of its own; the statement at work gets the error too.
    client.on("error", spoil);
    try {
      return await work(client, spoil);
    } finally {
      client.removeListener("error", spoil);
      client.release(spoilt);
    }
  }

  async #transact<Result>(
    client: PostgresClient,
    spoil: () => void,
    work: (transaction: SqlExecutor) => Promise<Result>,
  ): Promise<Result> {
    const run = async <Answer>(step: () => Promise<Answer>): Promise<Answer> => {
      try {
        return await step();
      } catch (error) {
        if (breaksConnection(error)) spoil();
        throw error;
      }
    };
    try {
      await run(() => client.query({ text: "BEGIN ISOLATION LEVEL READ COMMITTED" }));
    } catch (error) {
      throw classify(error, "BEGIN");
    }
    const transaction = new OpenTransaction((statement) => {
      refuseControl(statement.sql);
      return run(() => runOn(client, statement, this.#settings.statements, false));
    });
    let result: Result;
    try {
      result = await work(transaction);
    } catch (error) {
      await transaction.end();
      // The work's error is the one to report. A client that can't roll back is thrown away, and the server rolls back for it.
      await client.query({ text: "ROLLBACK" }).catch(spoil);
      throw error;
    }
    await transaction.end();
    let command: string;
    try {
      ({ command } = await run(() => client.query({ text: "COMMIT" })));
    } catch (error) {
      throw classifyCommit(error, "COMMIT");
    }
    // COMMIT of a transaction in which a statement has failed answers ROLLBACK, without an error.
    if (command !== "COMMIT") throw transaction.doomed();
    return result;
  }

  async #shutDown(): Promise<void> {
    await this.#inFlight.idle();
    await this.#listener.close();
    await this.#settings.end();
  }

  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new StorageError(
        "unavailable",
        "PostgreSQL: the driver has been closed; make a new one to go on.",
      );
    }
    return this.#inFlight.track(work);
  }
}
