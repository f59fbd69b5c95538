/** A driver that breaks one promise, made by wrapping a good one. */
import {
  type SqlDriver,
  type SqlExecutor,
  type SqlParameter,
  type SqlResult,
  type SqlStatement,
  StorageError,
} from "@campaignkit/core";

/** A way to be wrong. */
export interface WrongDriver {
  readonly name: string;
  /** The ids of cases that reject it. Each must, by itself. */
  readonly caughtBy: readonly string[];
  wrap(driver: SqlDriver): SqlDriver;
}

type Execute = (statement: SqlStatement, good: SqlExecutor) => Promise<SqlResult>;

/** The good driver with some of its methods replaced. */
export function changed(driver: SqlDriver, changes: Partial<SqlDriver>): SqlDriver {
  return {
    family: driver.family,
    execute: (statement) => driver.execute(statement),
    transaction: (work) => driver.transaction(work),
    adopt: (handle) => driver.adopt?.(handle),
    close: () => driver.close(),
    ...(driver.listen && { listen: driver.listen.bind(driver) }),
    ...changes,
  };
}

/** Replaces `execute`, inside transactions too. */
export function executing(driver: SqlDriver, execute: Execute): SqlDriver {
  return changed(driver, {
    execute: (statement) => execute(statement, driver),
    transaction: (work) =>
      driver.transaction((good) => work({ execute: (statement) => execute(statement, good) })),
  });
}

export const mapParameters = (
  statement: SqlStatement,
  map: (value: SqlParameter) => SqlParameter,
): SqlStatement => ({
  ...statement,
  parameters: statement.parameters.map(map),
});

export const mapRows = (result: SqlResult, map: (value: unknown) => unknown): SqlResult => ({
  ...result,
  rows: result.rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, map(value)])),
  ),
});

export const isKind = (error: unknown, kind: string): error is StorageError =>
  error instanceof StorageError && error.details.kind === kind;

export const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
