import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateAt, slowDown } from "./slowdown.ts";

describe("the rate of a throttled account", () => {
  it("CHN-8: is halved, and grows back in five minutes", () => {
    const once = slowDown(100, null, 0, 0);
    expect(rateAt(100, once, 0)).toBe(50);
    expect(rateAt(100, once, 150_000)).toBe(75);
    expect(rateAt(100, once, 300_000)).toBe(100);
    const twice = slowDown(100, once, 0, 60_000);
    expect(rateAt(100, twice, 60_000)).toBe(30);
  });

  it("CHN-8: without a limit begins at half of what was seen, and is unbounded again in the end", () => {
    const once = slowDown(Number.POSITIVE_INFINITY, null, 200, 0);
    expect(rateAt(Number.POSITIVE_INFINITY, once, 0)).toBe(100);
    expect(rateAt(Number.POSITIVE_INFINITY, once, 299_999)).toBeLessThan(200);
    expect(rateAt(Number.POSITIVE_INFINITY, once, 300_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it("CHN-8: is never nothing, and never more than the limit", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), steps, (full, waits) => {
        let now = 0;
        let slowdown = slowDown(full, null, 0, now);
        for (const wait of waits) {
          now += wait;
          const before = rateAt(full, slowdown, now);
          slowdown = slowDown(full, slowdown, 0, now);
          const after = rateAt(full, slowdown, now);
          expect(after).toBeGreaterThan(0);
          expect(after).toBeLessThanOrEqual(Math.max(before / 2, full / 64));
          expect(before).toBeLessThanOrEqual(full);
        }
      }),
    );
  });
});
