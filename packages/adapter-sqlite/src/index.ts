/**
 * SQLite storage for campaignkit, over the runtime's built-in `node:sqlite`.
 *
 * @packageDocumentation
 */
export type { Synchronous } from "./database.ts";
export type {
  BetterSqliteHandle,
  BetterSqliteStatement,
  Bindable,
  NodeSqliteHandle,
  NodeSqliteStatement,
  SqliteHandle,
} from "./handles.ts";
export { type SqliteHandleOptions, type SqliteOptions, sqlite } from "./sqlite.ts";
