/** Expectations about failures. */
import { strict as assert } from "node:assert";
import { CampaignKitError, type StorageError, type StorageFailureKind } from "@campaignkit/core";
import { inTime } from "./bench.ts";

/** What a promise rejects with; it must reject. */
export async function rejection(what: string, promise: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await inTime(what, promise);
  } catch (error) {
    return error;
  }
  assert.fail(`${what}: must reject, but resolved with ${JSON.stringify(result)}.`);
}

/** The `StorageError` a promise rejects with, which must be of one of the kinds. */
export async function failsWith(
  what: string,
  kinds: StorageFailureKind | readonly StorageFailureKind[],
  promise: Promise<unknown>,
): Promise<StorageError> {
  const error = await rejection(what, promise);
  assert.ok(
    CampaignKitError.is(error, "STORAGE_FAILED"),
    `${what}: must reject with a StorageError, but rejected with ${String(error)}.`,
  );
  const expected: readonly string[] = typeof kinds === "string" ? [kinds] : kinds;
  assert.ok(
    expected.includes(error.details.kind),
    `${what}: the kind must be ${expected.join(" or ")}, but is ${error.details.kind} (${error.message}).`,
  );
  return error as StorageError;
}
