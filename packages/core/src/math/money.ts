/** Money: an integer number of micros (millionths of the currency unit) and an ISO 4217 code. Never a float. */
import { CampaignKitError } from "../ports/errors.ts";

/** An amount of money. */
export interface Money {
  /** ISO 4217, three capital letters. */
  readonly currency: string;
  /** Millionths of the currency unit; a safe integer, so up to about 9 billion units. */
  readonly amountMicros: number;
}

const MICROS = 1_000_000;

function invalid(reason: string): CampaignKitError<"MONEY_INVALID"> {
  return new CampaignKitError("MONEY_INVALID", `This is no amount of money: ${reason}.`, { reason });
}

/** An amount in micros. @throws {MONEY_INVALID} unless it is a safe integer and the code three capital letters. */
export function micros(currency: string, amountMicros: number): Money {
  if (!/^[A-Z]{3}$/.test(currency))
    throw invalid(`"${currency}" is no ISO 4217 code (three capital letters)`);
  if (!Number.isSafeInteger(amountMicros))
    throw invalid(`${amountMicros} micros is no whole number within ±${Number.MAX_SAFE_INTEGER}`);
  return { currency, amountMicros };
}

/**
 * An amount in currency units, such as `money("USD", 499.99)`.
 *
 * A decimal text (`money("EUR", "0.000001")`) is read exactly; a number is rounded to the nearest micro.
 *
 * @throws {MONEY_INVALID} for what is no finite amount, has more than six decimals as text, or is too large.
 *
 * @example
 * ```ts
 * import { money } from "@campaignkit/core";
 *
 * const budget = money("USD", 500);
 * console.log(budget.amountMicros); // 500000000
 * ```
 */
export function money(currency: string, amount: number | string): Money {
  return micros(currency, typeof amount === "string" ? microsOfText(amount) : Math.round(amount * MICROS));
}

function microsOfText(text: string): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) throw invalid(`"${text}" is no decimal number with at most six decimals`);
  const [, sign, units, decimals = ""] = match;
  const value = BigInt(`${units}${decimals.padEnd(6, "0")}`);
  return Number(sign === "-" ? -value : value);
}

/** The sum. @throws {MONEY_INVALID} for two currencies or a result out of range. */
export function addMoney(a: Money, b: Money): Money {
  if (a.currency !== b.currency)
    throw invalid(`${a.currency} and ${b.currency} can't be added without a rate`);
  return micros(a.currency, a.amountMicros + b.amountMicros);
}

/** As a decimal text in currency units, exact: `"499.99"`. */
export function moneyToDecimal({ amountMicros }: Money): string {
  const digits = Math.abs(amountMicros).toString().padStart(7, "0");
  const decimals = digits.slice(-6).replace(/0{1,4}$/, "");
  return `${amountMicros < 0 ? "-" : ""}${digits.slice(0, -6)}.${decimals}`;
}

/** A ratio as results show it: `null` over zero, never 0, NaN or Infinity. */
export function ratio(numerator: number, denominator: number): number | null {
  return denominator === 0 ? null : numerator / denominator;
}
