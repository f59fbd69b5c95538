import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SPAN } from "../cells.ts";
import { piecesOf } from "./pieces.ts";

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
const aQuarter = fc.integer({ min: 70_000, max: 71_000 }).map((n) => n * QUARTER_MS);

describe("pieces of a span (ANA-13)", () => {
  it("cover each quarter of the span once and no other, from whole days and few quarters", () => {
    fc.assert(
      fc.property(aQuarter, aQuarter, aQuarter, (from, until, at) => {
        const pieces = piecesOf(3, from, until);
        const covered = pieces
          .filter((piece) => at >= piece.from_at && at < piece.until_at)
          .reduce((sum, { sign }) => sum + sign, 0);
        expect(covered).toBe(at >= from && at < until ? 1 : 0);
        let quarters = 0;
        for (const { span, from_at, until_at } of pieces) {
          if (span === SPAN.day) expect([from_at % DAY_MS, until_at % DAY_MS]).toEqual([0, 0]);
          else quarters += (until_at - from_at) / QUARTER_MS;
        }
        expect(quarters).toBeLessThanOrEqual(96);
      }),
    );
  });

  it("read a day of UTC as one cell, a day of Berlin with a few quarters, and all that follows without end", () => {
    const midnight = Date.parse("2027-03-02T00:00Z");
    expect(piecesOf(0, midnight, midnight + DAY_MS)).toHaveLength(1);
    const berlin = piecesOf(0, midnight - 3_600_000, midnight + DAY_MS - 3_600_000);
    expect(
      berlin.map(({ span, sign, from_at, until_at }) => [span, sign, (until_at - from_at) / QUARTER_MS]),
    ).toEqual([
      [SPAN.day, 1, 96],
      [SPAN.quarter, 1, 4],
      [SPAN.quarter, -1, 4],
    ]);
    expect(piecesOf(0, midnight, Number.POSITIVE_INFINITY)).toEqual([
      { number: 0, span: SPAN.day, sign: 1, from_at: midnight, until_at: Number.MAX_SAFE_INTEGER },
    ]);
  });
});
