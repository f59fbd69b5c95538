/**
 * PostgreSQL storage for campaignkit, over `pg`; PGlite accepted.
 *
 * @packageDocumentation
 */
export type { NotifyingClient, PostgresClient, PostgresQuery, PostgresQueryResult } from "./client.ts";
export type {
  PostgresConnectionOptions,
  PostgresOptions,
  PostgresPGliteOptions,
  PostgresPoolOptions,
  PostgresSettings,
} from "./options.ts";
export type { PGliteHandle, PGliteQueryOptions, PGliteResult, PGliteTransaction } from "./pglite.ts";
export type { PostgresPool, PostgresPoolClient } from "./pool.ts";
export { postgres } from "./postgres.ts";
export type { Parser } from "./values.ts";
