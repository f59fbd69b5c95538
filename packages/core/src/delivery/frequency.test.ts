import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeFor } from "./frequency.ts";

describe("placeFor", () => {
  it("CAM-8: no window of that length ever holds more sends than the cap", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 5 }), (steps, limit) => {
        const windowMs = 1_000;
        let now = 0;
        let marks: readonly (readonly [number, string])[] = [];
        const sent: number[] = [];
        for (const [index, gap] of steps.entries()) {
          now += gap;
          const place = placeFor(marks, `d${index}`, { limit, windowMs }, now);
          marks = place.marks;
          if (place.granted) sent.push(now);
          expect(sent.filter((at) => at > now - windowMs).length).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it("CAM-8: moves the place of a delivery that is tried again along, so that its week begins with the last attempt", () => {
    const cap = { limit: 1, windowMs: 1_000 };
    const first = placeFor([], "a", cap, 0);
    const again = placeFor(first.marks, "a", cap, 900);
    expect(again).toEqual({ granted: true, marks: [[900, "a"]] });
    expect(placeFor(again.marks, "b", cap, 1_500).granted).toBe(false);
    expect(placeFor(again.marks, "b", cap, 1_900).granted).toBe(true);
  });
});
