/** Keyset pagination: a page and an opaque cursor to the next, stable while rows come and go. */
import { validationError } from "./validate.ts";

/** Some of a list, and where it goes on. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Give it back to get the next page; `null` at the end. */
  readonly nextCursor: string | null;
}

/** Which page is wanted. */
export interface PageRequest {
  /** How many items, 1 to 500; 50 when absent. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string | null;
}

/** A checked request. @throws {VALIDATION_FAILED} for a limit out of range or a cursor that is none of ours. */
export function pageOf<Key>(request: PageRequest): { readonly limit: number; readonly after: Key | null } {
  const limit = request.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    throw validationError("page", [
      { path: ["limit"], message: `${limit} is out of range; give a whole number from 1 to 500.` },
    ]);
  }
  return { limit, after: request.cursor == null ? null : decodeCursor<Key>(request.cursor) };
}

/** A page from one row more than was asked for. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: kept.map(itemOf), nextCursor: more ? encodeCursor(keyOf(last)) : null };
}

function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

function decodeCursor<Key>(cursor: string): Key {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")) as Key;
  } catch {
    throw validationError("page", [
      { path: ["cursor"], message: "This is no cursor of a page before; start without one." },
    ]);
  }
}
