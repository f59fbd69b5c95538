import { describe, expect, it } from "vitest";
import { METRIC_DEFINITIONS, ratiosOf } from "./metrics/definitions.ts";
import { noCounts } from "./metrics/metrics.ts";
import { type CashFlow, paybackSpan, roiFigures } from "./roi-figures.ts";
import cases from "./roi-metrics.cases.json" with { type: "json" };

const MICROS = 1_000_000;

describe("money figures (ANA-2, ANA-4)", () => {
  const near = (name: string, got: number | null, expected: number | null): void => {
    if (expected === null) expect([name, got]).toEqual([name, null]);
    else {
      const { rel, abs } = cases.tolerance;
      const off = Math.abs((got ?? Number.NaN) - expected);
      expect([name, off <= Math.max(abs, rel * Math.abs(expected))]).toEqual([name, true]);
    }
  };

  it.each(cases.cases)("agree with exact arithmetic: $input", ({ input, expected }) => {
    const money = {
      revenueMicros: Math.round(input.revenue * MICROS),
      spendMicros: Math.round(input.spend * MICROS),
    };
    const { impressions, clicks, conversions, grossMargin } = input;
    const ratios = ratiosOf({ ...noCounts(), ...money, impressions, clicks, conversions });
    const units = (amountMicros: number | null): number | null =>
      amountMicros === null ? null : amountMicros / MICROS;
    near("roi", ratios.roi, expected.roi);
    near("roas", ratios.roas, expected.roas);
    near("cpa", units(ratios.cpa), expected.cpa);
    near("cpc", units(ratios.cpc), expected.cpc);
    near("cpm", units(ratios.cpm), expected.cpm);
    near("ctr", ratios.ctr, expected.ctr);
    near("cvr", ratios.cvr, expected.conversionRate);
    near("aov", units(ratios.aov), expected.averageOrderValue);
    const figures = roiFigures({ ...money, conversions, grossMargin });
    near("profit", units(figures.profitMicros), expected.profit);
    near("roi", figures.roi, expected.roi);
    near("roas", figures.roas, expected.roas);
    near("marginProfit", units(figures.marginProfitMicros), expected.marginProfit);
    near("marginRoi", figures.marginRoi, expected.marginRoi);
    near("breakEvenRoas", figures.breakEvenRoas, expected.breakEvenRoas);
    near("breakEvenRevenue", units(figures.breakEvenRevenueMicros), expected.breakEvenRevenue);
    near("breakEvenCpa", units(figures.breakEvenCpaMicros), expected.breakEvenCpa);
  });

  it("are null over zero and where a part is not known, never 0, NaN or Infinity", () => {
    const nothing = ratiosOf({ ...noCounts(), revenueMicros: 0, spendMicros: 0 });
    expect(new Set(Object.values(nothing))).toEqual(new Set([null]));
    const unknown = ratiosOf({
      ...noCounts(),
      clicks: 1,
      conversions: 1,
      revenueMicros: null,
      spendMicros: null,
    });
    expect([unknown.roi, unknown.roas, unknown.aov, unknown.cpc, unknown.cvr]).toEqual([
      null,
      null,
      null,
      null,
      1,
    ]);
  });

  it("are each defined in words", () => {
    for (const [name, { means }] of Object.entries(METRIC_DEFINITIONS))
      expect([name, means.length > 5]).toEqual([name, true]);
    expect(METRIC_DEFINITIONS["ctr"]).toEqual({ unit: "ratio", means: "clicks / impressions" });
    expect(METRIC_DEFINITIONS["cpm"]?.unit).toBe("money");
  });
});

describe("payback (ANA-4)", () => {
  const days = (...flows: readonly [spend: number, revenue: number][]): CashFlow[] =>
    flows.map(([spendMicros, revenueMicros], day) => ({
      from: day,
      until: day + 1,
      spendMicros,
      revenueMicros,
    }));
  const paidOn = (flows: readonly CashFlow[], margin = 1): number | null =>
    paybackSpan(flows, margin)?.from ?? null;

  it("is the span from whose end on earnings cover costs for good", () => {
    expect(paidOn(days([100, 0], [0, 60], [0, 40], [0, 10]))).toBe(2);
    expect(paidOn(days([100, 0], [0, 99]))).toBeNull();
    expect(paidOn(days([100, 100], [100, 0], [0, 100]))).toBe(2);
    expect(paidOn(days([0, 50], [40, 0], [0, 5]))).toBe(1);
    expect(paidOn(days([100, 100]), 0.5)).toBeNull();
  });

  it("is unknown where nothing was spent", () => {
    expect(paidOn(days([0, 50]))).toBeNull();
    expect(paidOn([])).toBeNull();
  });
});
