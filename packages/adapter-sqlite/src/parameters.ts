/** Parameters on their way into SQLite. */
import { type SqlParameter, StorageError } from "@campaignkit/core";
import type { Bindable } from "./handles.ts";

/**
 * Both libraries bind a JavaScript number as REAL, so that `?1 / 2` and `'' || ?1` would see `5.0`; whole numbers go in as bigint and
 * arrive as INTEGER. NaN would silently become NULL.
 */
function bindable(value: SqlParameter, position: number): Bindable {
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return BigInt(value);
    if (Number.isNaN(value)) {
      throw new StorageError(
        "invalid",
        `SQLite: parameter ${position} is NaN, which no column can hold; pass null for "unknown".`,
      );
    }
    return value;
  }
  if (typeof value === "boolean") return value ? 1n : 0n;
  return value;
}

/** Parameters as both libraries take them. @throws {STORAGE_FAILED} for NaN. */
export function bindAll(parameters: readonly SqlParameter[]): Bindable[] {
  return parameters.map((value, index) => bindable(value, index + 1));
}

const QUOTED_OR_COMMENT =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * How many `?` a statement has, or `undefined` when it names or numbers its parameters. node:sqlite binds NULL for the missing ones
 * without a word, so the count is compared before it runs.
 */
export function countPlaceholders(sql: string): number | undefined {
  const bare = sql.replace(QUOTED_OR_COMMENT, " ");
  if (/\?\d|[:@$][A-Za-z_]/.test(bare)) return undefined;
  let count = 0;
  for (let at = bare.indexOf("?"); at !== -1; at = bare.indexOf("?", at + 1)) count += 1;
  return count;
}
