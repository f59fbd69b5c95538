/** What a host can say about its PostgreSQL. */
import type { PGliteHandle } from "./pglite.ts";
import type { PostgresPool } from "./pool.ts";

/** Settings for every kind of connection. */
export interface PostgresSettings {
  /**
   * Keeps hot statements prepared on the server. Default true. Set false behind a pooler that shares connections between transactions without
   * tracking prepared statements (PgBouncer before 1.21, or with `max_prepared_statements = 0`).
   */
  readonly preparedStatements?: boolean;
  /**
   * Told about failures that no caller is waiting for: an idle connection lost, a listener that has to reconnect, a handler that threw. The
   * driver goes on by itself. Default: nobody is told.
   */
  readonly onBackgroundError?: (error: Error) => void;
}

/** A connection of the driver's own, in the words of `pg`'s pool configuration. */
export interface PostgresConnectionOptions extends PostgresSettings {
  /** `postgres://user:password@host:port/database`. What is missing comes from the usual `PG…` environment variables. */
  readonly connectionString?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** The password, or a function that fetches a current one for each connection. */
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  /** `true`, or the options of `tls.connect`. */
  readonly ssl?: boolean | object;
  /** The schema that the engine's tables live in, which must exist. Default: the role's own search path. */
  readonly schema?: string;
  /** The most connections at once, listening not counted. Default 10. */
  readonly max?: number;
  readonly min?: number;
  /** How long to wait for a connection, in milliseconds; 0 waits for ever. Default 30000. */
  readonly connectionTimeoutMillis?: number;
  readonly idleTimeoutMillis?: number;
  readonly maxLifetimeSeconds?: number;
  readonly maxUses?: number;
  readonly allowExitOnIdle?: boolean;
  readonly application_name?: string;
  readonly statement_timeout?: number;
  readonly lock_timeout?: number;
  readonly query_timeout?: number;
  readonly idle_in_transaction_session_timeout?: number;
  readonly options?: string;
}

/** The host's own pool. It keeps its settings, its search path included, and is not ended by `close()`. */
export interface PostgresPoolOptions extends PostgresSettings {
  readonly pool: PostgresPool;
}

/** The host's PGlite database: PostgreSQL inside the process, with one connection. It is not closed by `close()`. */
export interface PostgresPGliteOptions extends PostgresSettings {
  readonly pglite: PGliteHandle;
}

/** One of the three. */
export type PostgresOptions = PostgresConnectionOptions | PostgresPoolOptions | PostgresPGliteOptions;
