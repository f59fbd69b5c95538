/** What a schema looks like, as data: what a database has, and what it should have. */

/** A table. Columns and indexes are told as short texts, such as `bigint not null` and `unique (kind, key) where …`. */
export interface TableShape {
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
}

/** Tables by name. */
export type SchemaShape = Readonly<Record<string, TableShape>>;
