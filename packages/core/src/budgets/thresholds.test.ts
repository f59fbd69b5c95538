import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Counter } from "./scope.ts";
import { crossedPercents, reachedPercents } from "./thresholds.ts";

const counter = (limitMicros: number | null, committedMicros: number, heldMicros = 0): Counter => ({
  kind: "total",
  name: "",
  limitMicros,
  heldMicros,
  committedMicros,
  reservedMicros: 0,
  wantedMicros: null,
  exhausted: false,
});

describe("thresholds", () => {
  it("BUD-3: are reached at the share itself, to the micro", () => {
    expect(reachedPercents(counter(1_000_000, 749_999), [75, 90, 100])).toEqual([]);
    expect(reachedPercents(counter(1_000_000, 750_000), [75, 90, 100])).toEqual([75]);
    expect(reachedPercents(counter(1_000_000, 1_000_000), [75, 90, 100])).toEqual([75, 90, 100]);
    expect(reachedPercents(counter(9_007_199_254_740_991, 6_755_399_441_055_743), [75])).toEqual([]);
    expect(reachedPercents(counter(9_007_199_254_740_991, 6_755_399_441_055_744), [75])).toEqual([75]);
  });

  it("BUD-3: count against what may be spent, without the contingency", () => {
    expect(reachedPercents(counter(1_000_000, 900_000, 100_000), [100])).toEqual([100]);
    expect(reachedPercents(counter(1_000_000, 899_999, 100_000), [100])).toEqual([]);
  });

  it("BUD-3: are reached by spending only: not without a limit, and not by nothing", () => {
    expect(reachedPercents(counter(null, 5), [75])).toEqual([]);
    expect(reachedPercents(counter(0, 0), [75])).toEqual([]);
    expect(reachedPercents(counter(0, 1), [75])).toEqual([75]);
  });

  it("BUD-3: are each crossed by exactly one of the commits that lead past them", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 20 }),
        (limit, commits) => {
          const percents = [1, 50, 75, 90, 100, 150];
          let committed = 0;
          const crossed = commits.flatMap((commit) => {
            committed += commit;
            return crossedPercents(counter(limit, committed), commit, percents);
          });
          expect(crossed).toEqual(
            percents.filter((percent) => committed > 0 && committed * 100 >= limit * percent),
          );
        },
      ),
    );
  });
});
