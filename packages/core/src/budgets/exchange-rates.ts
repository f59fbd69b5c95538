/** `shop.exchangeRates`: what currencies are worth, as the host knows it, and amounts brought into a budget's currency. */
import { z } from "zod";
import { type Page, type PageRequest, pageOf, toPage } from "../kernel/page.ts";
import type { Scope } from "../kernel/scope.ts";
import { isStorable } from "../kernel/text.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import { convertMoney, exactRate } from "../math/exchange.ts";
import type { Money } from "../math/money.ts";
import { currencySchema } from "../policies/index.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Db } from "../storage/db.ts";
import { daySchema } from "./day.ts";
import {
  type ExchangeRate,
  type RateKey,
  selectRateInForce,
  selectRateOn,
  selectRates,
  upsertRate,
} from "./store/rates.ts";

/** A rate as a host gives it. */
export interface ExchangeRateInput {
  /** ISO 4217. */
  readonly from: string;
  readonly to: string;
  /** The first day that it is in force, `YYYY-MM-DD`. */
  readonly date: string;
  /** What one unit of `from` is worth in `to`, as an exact decimal: `"1.0842"`. */
  readonly rate: string | number;
}

/** Which rates to list. */
export interface ExchangeRateQuery extends PageRequest {
  readonly from?: string;
  readonly to?: string;
}

/** An amount in a budget's currency, and how it came about. */
export interface Converted {
  readonly amountMicros: number;
  /** As it was given. */
  readonly original: Money;
  /** The rate and its date; `null` when it was in the budget's currency already. */
  readonly exchange: { readonly rate: string; readonly date: string } | null;
}

const rateSchema = z.strictObject({
  from: currencySchema,
  to: currencySchema,
  date: daySchema,
  rate: z.union([z.string(), z.number()]).transform((rate, context) => {
    try {
      return exactRate(rate);
    } catch (error) {
      context.addIssue({
        code: "custom",
        message: CampaignKitError.is(error) ? error.message : String(error),
      });
      return z.NEVER;
    }
  }),
});

const storable = z.string().refine(isStorable);
const cursorSchema = z.tuple([storable, storable, storable]);

/**
 * Brings an amount into a budget's currency, at the rate that is in force on that day.
 *
 * @throws {EXCHANGE_RATE_MISSING} naming the pair and the day. {MONEY_INVALID} when the result is too large.
 */
export async function convertInto(
  db: Db,
  workspaceId: string,
  currency: string,
  amount: Money,
  day: string,
): Promise<Converted> {
  const { currency: from, amountMicros } = amount;
  if (from === currency) return { amountMicros, original: amount, exchange: null };
  const known = await selectRateInForce(db, workspaceId, { from, to: currency }, day);
  if (known === null) {
    throw new CampaignKitError(
      "EXCHANGE_RATE_MISSING",
      `There is no rate from ${from} to ${currency} for ${day} or a day before. Give one with exchangeRates.set.`,
      { from, to: currency, date: day },
    );
  }
  return {
    amountMicros: convertMoney(amount, currency, known.rate).amountMicros,
    original: amount,
    exchange: { rate: known.rate, date: known.date },
  };
}

/** The exchange rates of a workspace. The engine fetches none: the host says what it counts with. */
export class ExchangeRateService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Keeps a rate. It is in force from its date on, until the next one of the same pair; only in its own direction. One that is there for the
   * date is replaced: what was booked before keeps the rate that it was booked at.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { exchangeRates } = kit.workspace("shop-42");
   * await exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: "0.9204" });
   * await kit.stop();
   * ```
   */
  set(input: ExchangeRateInput): Promise<ExchangeRate> {
    return this.#scope.write("budgets:write", async (unit: Unit) => {
      const { from, to, date, rate } = parse(rateSchema, input, "exchange rate");
      if (from === to) {
        const message = `A rate leads to another currency; ${from} is ${from}.`;
        throw validationError("exchange rate", [{ path: ["to"], message }]);
      }
      const before = await selectRateOn(unit.db, unit.workspaceId, { from, to }, date);
      const kept = { from, to, date, rate, setAt: new Date(unit.now), setBy: unit.actor };
      if (before?.rate === rate) return before;
      await upsertRate(unit.db, unit.workspaceId, kept);
      unit.record("exchange-rate.set", {
        subject: { type: "exchange-rate", id: `${from}/${to}` },
        data: { from, to, date, rate },
        ...(before === null ? {} : { before: { rate: before.rate } }),
        after: { rate },
      });
      return kept;
    });
  }

  /** Rates, the latest date first. @throws {VALIDATION_FAILED} {FORBIDDEN} */
  list(query: ExchangeRateQuery = {}): Promise<Page<ExchangeRate>> {
    return this.#scope.read("budgets:read", async (db) => {
      const { limit, after } = pageOf<RateKey>(query, cursorSchema);
      const rows = await selectRates(db, this.#scope.workspaceId, query, { after, limit: limit + 1 });
      return toPage(
        rows,
        limit,
        ({ date, from, to }): RateKey => [date, from, to],
        (rate) => rate,
      );
    });
  }

  /**
   * An amount in another currency, at the rate in force on that day, rounded to the nearest micro (a half to the even one).
   *
   * @throws {EXCHANGE_RATE_MISSING} naming the pair and the day. {VALIDATION_FAILED} {MONEY_INVALID} {FORBIDDEN}
   */
  convert(amount: Money, currency: string, day: string): Promise<Money> {
    return this.#scope.read("budgets:read", async (db) => {
      const wanted = parse(
        z.object({ currency: currencySchema, day: daySchema }),
        { currency, day },
        "conversion",
      );
      const { workspaceId } = this.#scope;
      const { amountMicros } = await convertInto(db, workspaceId, wanted.currency, amount, wanted.day);
      return { currency, amountMicros };
    });
  }
}
