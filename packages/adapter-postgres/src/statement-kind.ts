/** What a statement's first word says about it. */
import { StorageError } from "@campaignkit/core";
import { excerpt } from "./failures.ts";

const CONTROL =
  /^[\s;]*(?:begin|start\s+transaction|commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:work\s+|transaction\s+)?to\b))\b/i;

/**
 * Beginning and ending transactions is the driver's to do: a BEGIN on a pooled connection would swallow whatever comes next on it. Savepoints are
 * the caller's.
 *
 * @throws {STORAGE_FAILED} of kind `invalid`.
 */
export function refuseControl(sql: string): void {
  if (!CONTROL.test(sql)) return;
  throw new StorageError(
    "invalid",
    `PostgreSQL: "${excerpt(sql)}" would begin or end a transaction behind the driver's back; use transaction().`,
  );
}

/** A SELECT has no effect to be in doubt about when its connection breaks. */
export function readsOnly(sql: string): boolean {
  return /^\s*(?:select|values|show)\b/i.test(sql);
}
