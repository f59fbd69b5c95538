/** Return on investment, from sums. Pure; amounts in micros of one currency, results unrounded. */
import { ratio } from "../math/money.ts";

/** What went in and what came out. */
export interface RoiInput {
  readonly revenueMicros: number;
  readonly spendMicros: number;
  readonly conversions: number;
  /** The part of revenue that is left after the cost of the goods, 0 to 1. */
  readonly grossMargin: number;
}

/** What it amounts to. `null` over zero. */
export interface RoiFigures {
  /** revenue - spend */
  readonly profitMicros: number;
  /** (revenue - spend) / spend */
  readonly roi: number | null;
  /** revenue / spend */
  readonly roas: number | null;
  /** revenue × margin - spend */
  readonly marginProfitMicros: number;
  /** (revenue × margin - spend) / spend */
  readonly marginRoi: number | null;
  /** 1 / margin: the ROAS at which the margin covers the spend. */
  readonly breakEvenRoas: number | null;
  /** spend / margin: the revenue at which it does. */
  readonly breakEvenRevenueMicros: number | null;
  /** revenue / conversions × margin: what a conversion may cost. */
  readonly breakEvenCpaMicros: number | null;
}

/** Computes the figures. */
export function roiFigures({ revenueMicros, spendMicros, conversions, grossMargin }: RoiInput): RoiFigures {
  const profitMicros = revenueMicros - spendMicros;
  const marginProfitMicros = revenueMicros * grossMargin - spendMicros;
  const orderMicros = ratio(revenueMicros, conversions);
  return {
    profitMicros,
    roi: ratio(profitMicros, spendMicros),
    roas: ratio(revenueMicros, spendMicros),
    marginProfitMicros,
    marginRoi: ratio(marginProfitMicros, spendMicros),
    breakEvenRoas: ratio(1, grossMargin),
    breakEvenRevenueMicros: ratio(spendMicros, grossMargin),
    breakEvenCpaMicros: orderMicros === null ? null : orderMicros * grossMargin,
  };
}

/** What one span of time brought. */
export interface CashFlow {
  readonly from: number;
  readonly until: number;
  readonly revenueMicros: number;
  readonly spendMicros: number;
}

/**
 * The span at whose end the margin of all revenue so far covers all spend so far, and does so ever after; `null` while it does not, or
 * when nothing was spent. Spans in order of time.
 */
export function paybackSpan(flows: readonly CashFlow[], grossMargin: number): CashFlow | null {
  let [profit, spent] = [0, 0];
  let paid: CashFlow | null = null;
  for (const flow of flows) {
    profit += flow.revenueMicros * grossMargin - flow.spendMicros;
    spent += flow.spendMicros;
    if (profit < 0) paid = null;
    else if (spent > 0) paid ??= flow;
  }
  return paid;
}
