import fc from "fast-check";
import { expect, it } from "vitest";
import { sendingBuckets } from "./results.ts";

it("adds up what was sent, second by second, pauses included", () => {
  const perSecond = new Map([
    [1_003, 5],
    [1_000, 10],
    [1_001, 20],
  ]);
  expect(sendingBuckets(perSecond)).toEqual([
    { second: 0, sent: 0 },
    { second: 1, sent: 10 },
    { second: 2, sent: 30 },
    { second: 3, sent: 30 },
    { second: 4, sent: 35 },
  ]);
});

it("nothing sent is nothing to draw", () => {
  expect(sendingBuckets(new Map())).toEqual([]);
});

it("ends with everything, never falls, and has a bounded number of points, however long it took", () => {
  const counts = fc.uniqueArray(fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 500 })), {
    minLength: 1,
    selector: ([second]) => second,
  });
  fc.assert(
    fc.property(counts, (entries) => {
      const buckets = sendingBuckets(new Map(entries));
      const all = entries.reduce((sum, [, count]) => sum + count, 0);
      expect(buckets.at(-1)?.sent).toBe(all);
      expect(buckets.length).toBeLessThanOrEqual(242);
      expect(buckets.every(({ sent }, at) => at === 0 || sent >= (buckets[at - 1]?.sent ?? 0))).toBe(true);
    }),
  );
});
