/** What the storage conformance kit is pointed at. */
import type { SqlDriver, SqlFamily } from "@campaignkit/core";

/** An empty database, open. */
export interface OpenStorage {
  /** The driver under test. The kit closes it. */
  readonly driver: SqlDriver;
  /** A second driver to the same database over connections of its own, as another process would open it. The kit closes it. */
  another(): Promise<SqlDriver>;
  /**
   * Begins a transaction on a handle of the host's own, calls the work with what a host would pass to `adopt`, then commits or rolls back as
   * told. Needed where the subject says `adopts`.
   */
  inHostTransaction?(end: "commit" | "rollback", work: (handle: unknown) => Promise<void>): Promise<void>;
  /** Removes the database. Called after every case, also after a failed one. */
  dispose(): Promise<void>;
}

/** A storage driver to be tested, and what it can do. */
export interface StorageSubject {
  /** For people, such as `sqlite (file)`. */
  readonly name: string;
  readonly family: SqlFamily;
  /**
   * 1 where the database has a single connection, as in memory: the cases that race two connections are then listed as skipped, for they prove
   * nothing. Default 2.
   */
  readonly connections?: 1 | 2;
  /** Whether `adopt` is there to be tested. Default false: its cases are listed as skipped. */
  readonly adopts?: boolean;
  /** Whether `listen` is there to be tested. Default: on PostgreSQL. */
  readonly listens?: boolean;
  /** Makes a fresh, empty database. */
  open(): Promise<OpenStorage>;
}
