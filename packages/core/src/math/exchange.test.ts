import type { CampaignKitError } from "@campaignkit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convertMoney, divideHalfEven, exactRate } from "./exchange.ts";
import { micros, money } from "./money.ts";

/** Decimal texts such as `"12.0500"`, above zero. */
const rateText = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.stringMatching(/^\d{0,12}$/))
  .map(([whole, decimals]) => (decimals === "" ? `${whole}` : `${whole}.${decimals}`))
  .filter((text) => /[1-9]/.test(text));

/** A fraction as dividend and divisor, told apart from the code under test by arithmetic on fractions only. */
function fractionOf(rate: string): { readonly over: bigint; readonly under: bigint } {
  const [whole = "0", decimals = ""] = rate.split(".");
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) };
}

describe("exchange", () => {
  it("BUD-5: rounds to the nearest micro, a half to the even one", () => {
    expect(divideHalfEven(5n, 10n)).toBe(0n);
    expect(divideHalfEven(15n, 10n)).toBe(2n);
    expect(divideHalfEven(25n, 10n)).toBe(2n);
    expect(divideHalfEven(26n, 10n)).toBe(3n);
    expect(divideHalfEven(-5n, 10n)).toBe(0n);
    expect(divideHalfEven(-15n, 10n)).toBe(-2n);
    expect(convertMoney(micros("USD", 1), "EUR", "0.5").amountMicros).toBe(0);
    expect(convertMoney(micros("USD", 3), "EUR", "0.5").amountMicros).toBe(2);
  });

  it("BUD-5: is never further than half a micro from the exact amount, and exact where there is no rest", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
        rateText,
        (amount, rate) => {
          const { over, under } = fractionOf(rate);
          const exact = BigInt(amount) * over;
          if (exact > 2n ** 52n * under || exact < -(2n ** 52n) * under) return;
          const rounded = BigInt(convertMoney(micros("USD", amount), "EUR", rate).amountMicros);
          const rest = rounded * under - exact;
          expect((rest < 0n ? -rest : rest) * 2n <= under).toBe(true);
          if (exact % under === 0n) expect(rest).toBe(0n);
        },
      ),
    );
  });

  it("BUD-5: treats a refund as the mirror of the cost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), rateText, (amount, rate) => {
        const cost = convertMoney(micros("USD", amount), "EUR", rate).amountMicros;
        const refund = convertMoney(micros("USD", -amount), "EUR", rate).amountMicros;
        expect(cost + refund).toBe(0);
      }),
    );
  });

  it("BUD-5: converts large amounts without a float's error", () => {
    const large = micros("JPY", 9_007_199_254_740_991);
    expect(convertMoney(large, "JPY", "1").amountMicros).toBe(9_007_199_254_740_991);
    expect(convertMoney(micros("JPY", 9_007_199_254_740_990), "EUR", "0.1").amountMicros).toBe(
      900_719_925_474_099,
    );
    expect(convertMoney(money("USD", "120.00"), "EUR", "0.9204")).toEqual(money("EUR", "110.448"));
  });

  it("spells a rate in one way, whatever zeros it came with", () => {
    expect(exactRate("001.0840")).toBe("1.084");
    expect(exactRate("0.50")).toBe("0.5");
    expect(exactRate("7.000")).toBe("7");
    expect(exactRate(1.0842)).toBe("1.0842");
    expect(exactRate(110)).toBe("110");
    fc.assert(
      fc.property(rateText, (rate) => {
        const spelled = exactRate(rate);
        const [a, b] = [fractionOf(rate), fractionOf(spelled)];
        expect(a.over * b.under).toBe(b.over * a.under);
        expect(exactRate(spelled)).toBe(spelled);
      }),
    );
  });

  it("refuses what is no rate", () => {
    for (const bad of [
      "0",
      "0.000",
      "-1",
      "1e-7",
      1e-7,
      Number.NaN,
      "1.",
      ".5",
      "1,08",
      "",
      "1".repeat(13),
    ]) {
      expect(() => exactRate(bad)).toThrow(
        expect.objectContaining({ code: "MONEY_INVALID" } satisfies Partial<CampaignKitError>),
      );
    }
    expect(() => convertMoney(money("USD", 9_000_000_000), "EUR", "2")).toThrow("no whole number within");
  });
});
