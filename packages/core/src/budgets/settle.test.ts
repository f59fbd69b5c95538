import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrom } from "./settle.ts";

const amount = fc.integer({ min: 0, max: 1_000 });

describe("settlements", () => {
  it("BUD-2: never draw more than is open, and spend before they give back", () => {
    fc.assert(
      fc.property(amount, amount, amount, (open, commitMicros, releaseMicros) => {
        const draw = drawFrom(open, { commitMicros, releaseMicros });
        expect(draw.openMicros + draw.commitFromOpen + draw.releaseFromOpen).toBe(open);
        expect(Math.min(draw.openMicros, draw.commitFromOpen, draw.releaseFromOpen)).toBeGreaterThanOrEqual(
          0,
        );
        expect(draw.commitFromOpen).toBe(Math.min(open, commitMicros));
        expect(draw.releaseFromOpen).toBeLessThanOrEqual(releaseMicros);
        if (draw.openMicros > 0)
          expect(draw).toMatchObject({ commitFromOpen: commitMicros, releaseFromOpen: releaseMicros });
      }),
    );
  });

  it("BUD-2: come to the same in any parts, when they are within what was reserved", () => {
    const part = fc.record({ commitMicros: amount, releaseMicros: amount });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), amount, (parts, rest) => {
        const settled = parts.reduce(
          (sum, { commitMicros, releaseMicros }) => sum + commitMicros + releaseMicros,
          0,
        );
        const open = parts.reduce(
          (left, settlement) => drawFrom(left, settlement).openMicros,
          settled + rest,
        );
        expect(open).toBe(rest);
      }),
    );
  });
});
