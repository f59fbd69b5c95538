/** The figures of one group, as a report shows them. */
import { type Money, micros } from "../../math/money.ts";
import {
  type BaseFigures,
  COUNTS,
  type CountName,
  PEOPLE,
  type PeopleName,
  RATIOS,
  type RatioName,
  ratiosOf,
} from "./definitions.ts";

/** The ratios that are amounts of money. */
type MoneyRatio = {
  [Name in RatioName]: (typeof RATIOS)[Name]["unit"] extends "money" ? Name : never;
}[RatioName];

/** Counts and people; 0 where nothing happened. */
export type MetricCounts = Readonly<Record<CountName | PeopleName, number>>;
/** Amounts per click, order …; rounded to the micro. `null` over zero, or where an amount is not known. */
export type MetricAmounts = Readonly<Record<MoneyRatio, Money | null>>;
/** Ratios, unrounded. `null` over zero, or where a part is not known. */
export type MetricRatios = Readonly<Record<Exclude<RatioName, MoneyRatio>, number | null>>;

/**
 * The figures of one group. The guide "Results" says what each means; `METRIC_DEFINITIONS` holds the same as data.
 */
export interface Metrics extends MetricCounts, MetricAmounts, MetricRatios {
  /** Sent and not returned. */
  readonly delivered: number;
  /** The value of conversions, in the report's currency, as far as it could be converted. `null`: no currency is known. */
  readonly revenue: Money | null;
  /** `null` where spending is not kept that finely (by post or variant), or no currency is known. */
  readonly spend: Money | null;
  readonly profit: Money | null;
  /** Revenue and spend in currencies without a rate; ratios that would need them are `null`. */
  readonly unconverted: { readonly revenue: readonly Money[]; readonly spend: readonly Money[] };
}

/** Money of a group, before it becomes figures. */
export interface GroupMoney {
  /** `null`: not known. */
  readonly revenueMicros: number | null;
  readonly spendMicros: number | null;
  readonly unconverted: {
    readonly revenue: ReadonlyMap<string, number>;
    readonly spend: ReadonlyMap<string, number>;
  };
}

/** Base figures of nothing. */
export function noCounts(): Record<CountName | PeopleName, number> {
  const names = [...Object.keys(COUNTS), ...Object.keys(PEOPLE)];
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<CountName | PeopleName, number>;
}

/** Computes a group's figures. Pure. */
export function metricsOf(
  counts: Readonly<Record<CountName | PeopleName, number>>,
  money: GroupMoney,
  currency: string | null,
): Metrics {
  const moneyOf = (amountMicros: number | null): Money | null =>
    amountMicros === null || currency === null ? null : micros(currency, Math.round(amountMicros));
  const listOf = (amounts: ReadonlyMap<string, number>): readonly Money[] =>
    [...amounts]
      .map(([code, amount]) => micros(code, amount))
      .sort((a, b) => (a.currency < b.currency ? -1 : 1));
  const complete = (amount: number | null, missing: ReadonlyMap<string, number>): number | null =>
    missing.size > 0 ? null : amount;
  const base: BaseFigures = {
    ...counts,
    revenueMicros: complete(money.revenueMicros, money.unconverted.revenue),
    spendMicros: complete(money.spendMicros, money.unconverted.spend),
  };
  const ratios = ratiosOf(base);
  const shown = Object.fromEntries(
    (Object.keys(RATIOS) as RatioName[]).map((name) => [
      name,
      RATIOS[name].unit === "money" ? moneyOf(ratios[name]) : ratios[name],
    ]),
  ) as MetricAmounts & MetricRatios;
  const { revenueMicros, spendMicros } = base;
  return {
    ...counts,
    ...shown,
    delivered: counts.sent - counts.bounces,
    revenue: moneyOf(money.revenueMicros),
    spend: moneyOf(money.spendMicros),
    profit: moneyOf(revenueMicros === null || spendMicros === null ? null : revenueMicros - spendMicros),
    unconverted: { revenue: listOf(money.unconverted.revenue), spend: listOf(money.unconverted.spend) },
  };
}
