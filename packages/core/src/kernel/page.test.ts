import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { idKey, type Page, type PageRequest, pageOf, positionKey, toPage } from "./page.ts";

const invalid = expect.objectContaining({ code: "VALIDATION_FAILED" });

/** One page of a sorted list, as a store would read it. */
function page(list: readonly number[], request: PageRequest): Page<number> {
  const { limit, after } = pageOf(request, positionKey);
  const rows = list.filter((key) => after === null || key > after).slice(0, limit + 1);
  return toPage(
    rows,
    limit,
    (key) => key,
    (key) => key,
  );
}

/** Reads page after page until there are no more. */
function walk(list: readonly number[], limit: number, between: () => void = () => undefined): number[] {
  const seen: number[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages === 0 || cursor !== null; pages++) {
    expect(pages).toBeLessThan(1_000);
    const { items, nextCursor }: Page<number> = page(list, { limit, cursor });
    expect(items.length).toBeLessThanOrEqual(limit);
    seen.push(...items);
    cursor = nextCursor;
    between();
  }
  return seen;
}

const keys = fc.uniqueArray(fc.nat(10_000), { maxLength: 60 }).map((list) => list.sort((a, b) => a - b));

it("gives every row once and in order, whatever the size of the pages", () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 70 }), (list, limit) => {
      expect(walk(list, limit)).toEqual(list);
    }),
  );
});

it("stays in order and skips none of what was there all the time, while rows come and go", () => {
  fc.assert(
    fc.property(keys, keys, fc.integer({ min: 1, max: 9 }), (stable, passing, limit) => {
      const others = passing.filter((key) => !stable.includes(key));
      const list = [...stable];
      const change = (): void => {
        const other = others.pop();
        if (other === undefined) return;
        const place = list.indexOf(other);
        if (place >= 0) list.splice(place, 1);
        else list.push(other);
        list.sort((a, b) => a - b);
      };
      const seen = walk(list, limit, change);
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
      expect(seen).toEqual(expect.arrayContaining(stable));
    }),
  );
});

it("carries any key through a cursor", () => {
  const composite = z.tuple([z.string(), z.int()]);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), (text, number) => {
      const { nextCursor } = toPage(
        [[text, number] as const, null],
        1,
        (row) => row,
        (row) => row,
      );
      expect(pageOf({ cursor: nextCursor }, composite).after).toEqual([text, number]);
      expect(nextCursor).toMatch(/^[\w-]+$/);
    }),
  );
});

it("refuses every cursor that carries no key of the list, and never lets one through to the database", () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
  );
  fc.assert(
    fc.property(hostile, (cursor) => {
      expect(() => pageOf({ cursor }, idKey)).toThrow(invalid);
    }),
  );
  for (const cursor of [7, {}, [], true, Number.NaN]) {
    expect(() => pageOf({ cursor: cursor as never }, idKey)).toThrow(invalid);
  }
  const ofAnotherList = toPage(
    [5, 6],
    1,
    (key) => key,
    (key) => key,
  ).nextCursor;
  expect(() => pageOf({ cursor: ofAnotherList }, idKey)).toThrow(invalid);
  expect(pageOf({ cursor: ofAnotherList }, positionKey).after).toBe(5);
});

it.each([0, -1, 501, 1.5, Number.NaN, "10", null])("refuses the limit %s", (limit) => {
  if (limit === null) expect(pageOf({}, idKey)).toEqual({ limit: 50, after: null });
  else expect(() => pageOf({ limit: limit as number }, idKey)).toThrow(invalid);
});
