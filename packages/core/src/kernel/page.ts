/** Keyset pagination: a page and an opaque cursor to the next, stable while rows come and go. */
import { z } from "zod";
import { isId, validationError } from "./validate.ts";

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

/** The key of lists in the order of ids. */
export const idKey: z.ZodType<string> = z.string().refine(isId);

/** The key of lists in the order of positions. */
export const positionKey: z.ZodType<number> = z.int().min(0);

/**
 * A checked request. A cursor comes from outside like everything else: one that does not carry a key of this list is refused.
 *
 * @throws {VALIDATION_FAILED} for a limit out of range or a cursor that is none of this list's.
 */
export function pageOf<Key>(
  request: PageRequest,
  key: z.ZodType<Key>,
): { readonly limit: number; readonly after: Key | null } {
  const limit = request.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    throw validationError("page", [
      { path: ["limit"], message: `${limit} is out of range; give a whole number from 1 to 500.` },
    ]);
  }
  if (request.cursor === undefined || request.cursor === null) return { limit, after: null };
  const after = key.safeParse(decodeCursor(request.cursor));
  if (after.success) return { limit, after: after.data };
  throw validationError("page", [
    { path: ["cursor"], message: "This is no cursor of this list; start without one." },
  ]);
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

/** What the cursor carries; `undefined`, which is no key, when it can't be read. */
function decodeCursor(cursor: unknown): unknown {
  try {
    return JSON.parse(Buffer.from(String(cursor), "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
