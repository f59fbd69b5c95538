/** What a schema looks like, as data: what a database has, and what it should have. */
import type { SqlFamily } from "../../ports/storage.ts";

/**
 * A table. What it has is told as short texts, such as `bigint not null`, `unique (kind, key) where …`, `check (…)`,
 * `foreign key (…) references …`.
 */
export interface TableShape {
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
  /** Checks and foreign keys; primary and unique keys stand among the columns and indexes. */
  readonly constraints: Readonly<Record<string, string>>;
}

/** Tables by name. */
export type SchemaShape = Readonly<Record<string, TableShape>>;

/** What migrations make of an empty database, by its family; one that is absent is not compared. */
export type SchemaManifest = Readonly<Partial<Record<SqlFamily, SchemaShape>>>;
