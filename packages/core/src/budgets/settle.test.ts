import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrom } from "./settle.ts";

const amount = fc.integer({ min: 0, max: 1_000 });

describe("settlements", () => {
  it("BUD-2: never draw more than there is, and commit all that was spent", () => {
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        amount,
        (openMicros, expiredMicros, commitMicros, releaseMicros) => {
          const draw = drawFrom({ openMicros, expiredMicros }, { commitMicros, releaseMicros });
          expect(draw.openMicros).toBe(openMicros - draw.commitFromOpen - draw.releaseFromOpen);
          expect(
            Math.min(draw.openMicros, draw.expiredMicros, draw.commitFromOpen, draw.releaseFromOpen),
          ).toBeGreaterThanOrEqual(0);
          expect(draw.commitFromOpen).toBe(Math.min(openMicros, commitMicros));
          expect(draw.releaseFromOpen).toBeLessThanOrEqual(releaseMicros);
        },
      ),
    );
  });

  it("BUD-2: come to the same in any parts and any order, when they are within what was reserved", () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(parts, amount, (settlements, extra) => {
        const sum = settlements.reduce((total, [commit, release]) => total + commit + release, 0);
        let reservation = { openMicros: sum + extra, expiredMicros: 0 };
        for (const [commitMicros, releaseMicros] of settlements)
          reservation = drawFrom(reservation, { commitMicros, releaseMicros });
        expect(reservation.openMicros).toBe(extra);
      }),
    );
  });
});
