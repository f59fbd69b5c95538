/** What a migration is: forward only, written once for every family, never changed after its release. */
import type { ColumnTypes } from "./family.ts";

/** One step of a namespace's schema. */
export interface Migration {
  /** Sorts after all earlier ones of its namespace, such as `0002-audience`. */
  readonly name: string;
  /** The statements for a family, in order. Pure: the same text at every call. */
  statements(types: ColumnTypes): readonly string[];
}

/** The schema of core or of one plug-in. Tables of a plug-in start with its namespace and an underscore. */
export interface MigrationNamespace {
  readonly namespace: string;
  readonly migrations: readonly Migration[];
}
