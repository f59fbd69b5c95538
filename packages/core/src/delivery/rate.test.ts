import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateGate } from "./rate.ts";

describe("RateGate", () => {
  it("CHN-9: never starts more than rate × time plus one second's worth", () => {
    const steps = fc.array(
      fc.record({ passMs: fc.integer({ min: 0, max: 3_000 }), want: fc.integer({ min: 0, max: 50 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), steps, (perSecond, script) => {
        let now = 0;
        let started = 0;
        const gate = new RateGate(perSecond, now);
        for (const { passMs, want } of script) {
          now += passMs;
          const count = Math.min(want, gate.available(now));
          gate.take(count);
          started += count;
          expect(started).toBeLessThanOrEqual(perSecond * (now / 1_000) + perSecond);
        }
      }),
    );
  });

  it("says how long to wait, and is open then", () => {
    const gate = new RateGate(2, 0);
    gate.take(gate.available(0));
    expect(gate.available(0)).toBe(0);
    const wait = gate.waitMs(0);
    expect(wait).toBe(500);
    expect(gate.available(wait)).toBe(1);
  });

  it("CHN-8: rests as long as the far side asks", () => {
    const gate = new RateGate(Number.POSITIVE_INFINITY, 0);
    gate.rest(5_000);
    expect(gate.available(4_999)).toBe(0);
    expect(gate.waitMs(1_000)).toBe(4_000);
    expect(gate.available(5_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes back what was reserved and not used", () => {
    const gate = new RateGate(10, 0);
    gate.take(10);
    gate.take(-4);
    expect(gate.available(0)).toBe(4);
  });
});
