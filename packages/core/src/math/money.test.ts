import { CampaignKitError } from "@campaignkit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addMoney, micros, money, moneyToDecimal, ratio } from "./money.ts";

const amount = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

/** The error's code, or what was returned. */
function codeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return CampaignKitError.is(error) ? error.code : error;
  }
}

describe("money", () => {
  it("survives the way to a decimal text and back, for every amount", () => {
    fc.assert(
      fc.property(amount, (amountMicros) => {
        const value = micros("EUR", amountMicros);
        expect(money("EUR", moneyToDecimal(value)).amountMicros + 0).toBe(amountMicros + 0);
      }),
    );
  });

  it("reads a decimal text exactly and a number to the nearest micro", () => {
    expect(money("USD", "0.000001").amountMicros).toBe(1);
    expect(money("USD", "-12.34").amountMicros).toBe(-12_340_000);
    expect(money("USD", 0.1 + 0.2).amountMicros).toBe(300_000);
    expect(money("USD", 499.99).amountMicros).toBe(499_990_000);
  });

  it("shows at least two decimals, and no more zeros than that", () => {
    expect(moneyToDecimal(micros("EUR", 499_990_000))).toBe("499.99");
    expect(moneyToDecimal(micros("EUR", 500_000_000))).toBe("500.00");
    expect(moneyToDecimal(micros("EUR", 1))).toBe("0.000001");
    expect(moneyToDecimal(micros("EUR", -1_500_000))).toBe("-1.50");
  });

  it("adds within one currency, exactly, or refuses", () => {
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        const sum = codeOf(() => addMoney(micros("EUR", a), micros("EUR", b)));
        const exact = BigInt(a) + BigInt(b);
        const fits = exact <= BigInt(Number.MAX_SAFE_INTEGER) && exact >= -BigInt(Number.MAX_SAFE_INTEGER);
        expect(sum).toEqual(fits ? { currency: "EUR", amountMicros: Number(exact) } : "MONEY_INVALID");
      }),
    );
    expect(codeOf(() => addMoney(money("EUR", 1), money("USD", 1)))).toBe("MONEY_INVALID");
  });

  it("refuses what is no amount or no currency", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, "1,5", "1.0000001", "", "one"])
      expect(codeOf(() => money("EUR", bad))).toBe("MONEY_INVALID");
    for (const bad of ["eur", "EU", "EURO", "", "E R"])
      expect(codeOf(() => money(bad, 1))).toBe("MONEY_INVALID");
    expect(codeOf(() => micros("EUR", 0.5))).toBe("MONEY_INVALID");
  });

  it("has no ratio over zero", () => {
    expect(ratio(5, 0)).toBeNull();
    expect(ratio(0, 0)).toBeNull();
    expect(ratio(1, 4)).toBe(0.25);
  });
});
