/**
 * Conversion between currencies at an exact decimal rate. Pure, in whole numbers: no float ever touches an amount.
 *
 * A converted amount is rounded to the nearest micro, a half to the even one, so that many conversions don't drift upwards.
 */
import { CampaignKitError } from "../ports/errors.ts";
import { type Money, micros } from "./money.ts";

/** An exact decimal number: `digits` / 10^`scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/**
 * A rate of exchange in its one exact spelling, such as `"1.0842"`: no sign, no exponent, no needless zeros.
 *
 * A number is taken by its shortest decimal spelling. At most 12 digits before the point and 18 after it.
 *
 * @throws {MONEY_INVALID} for what is no decimal number above zero.
 */
export function exactRate(rate: string | number): string {
  const text = String(rate);
  const match = /^0*(\d{1,12})(?:\.(\d{1,18}?)0*)?$/.exec(text);
  const [, whole = "", decimals = ""] = match ?? [];
  if (match === null || /^0*$/.test(whole + decimals)) {
    const reason = `"${text}" is no rate of exchange; give a decimal number above 0, such as "1.0842"`;
    throw new CampaignKitError("MONEY_INVALID", `${reason}.`, { reason });
  }
  return /^0*$/.test(decimals) ? whole : `${whole}.${decimals}`;
}

function toDecimal(exact: string): Decimal {
  const [whole = "", decimals = ""] = exact.split(".");
  return { digits: BigInt(whole + decimals), scale: decimals.length };
}

/** The quotient of whole numbers, rounded to the nearest, a half to the even one. The divisor is above zero. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const magnitude = dividend < 0n ? -dividend : dividend;
  const quotient = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return dividend < 0n ? -rounded : rounded;
}

/**
 * An amount in another currency, at a rate that says what one unit of the amount's currency is worth in the other.
 *
 * Rounded to the nearest micro, a half to the even one.
 *
 * @throws {MONEY_INVALID} for what is no rate, or a result that is too large.
 */
export function convertMoney(amount: Money, currency: string, rate: string | number): Money {
  const { digits, scale } = toDecimal(exactRate(rate));
  return micros(currency, Number(divideHalfEven(BigInt(amount.amountMicros) * digits, 10n ** BigInt(scale))));
}
