/** A campaign's return on investment: all its costs against the value of its conversions. */
import { z } from "zod";
import { type CostKind, spendOf } from "../budgets/index.ts";
import { parse, requireId } from "../kernel/validate.ts";
import { type Money, micros } from "../math/money.ts";
import { checkQuery } from "./metrics/query.ts";
import { type ReportContext, readReport } from "./metrics/report.ts";
import { paybackSpan, roiFigures } from "./roi-figures.ts";

/** How the return is reckoned. */
export interface RoiOptions {
  /** The part of revenue that is left after the cost of the goods, 0 to 1; 1 when absent. */
  readonly grossMargin?: number;
}

/** When a campaign had earned back what it cost. */
export interface Payback {
  /** The end of the local day on which it had, and after which it always had. */
  readonly at: Date;
  /** Local days from the first cost to that one, both counted. */
  readonly days: number;
}

/** A campaign's return on investment, in its own currency. Ratios are `null` over zero, or where revenue is not fully known. */
export interface Roi {
  readonly campaignId: string;
  readonly currency: string;
  /** The value of conversions; those of other currencies at the host's rates of their days. */
  readonly revenue: Money;
  /** Values of currencies without a rate; while there are any, what needs the revenue is `null`. */
  readonly unconverted: readonly Money[];
  readonly conversions: number;
  readonly spend: Money;
  /** The spend by kind of cost. */
  readonly costs: Readonly<Record<CostKind, Money>>;
  /** revenue - spend */
  readonly profit: Money | null;
  /** (revenue - spend) / spend */
  readonly roi: number | null;
  /** revenue / spend */
  readonly roas: number | null;
  readonly grossMargin: number;
  /** revenue × margin - spend */
  readonly marginProfit: Money | null;
  /** (revenue × margin - spend) / spend */
  readonly marginRoi: number | null;
  /** Where the margin just covers the spend: at this ROAS, at this revenue, at this cost per conversion. */
  readonly breakEven: {
    readonly roas: number | null;
    readonly revenue: Money | null;
    readonly cpa: Money | null;
  };
  /** `null`: not yet, or nothing was spent. */
  readonly payback: Payback | null;
}

const COSTS: readonly CostKind[] = ["media", "ai", "message", "tool", "labour"];
const schema = z.strictObject({ grossMargin: z.number().min(0).max(1).default(1) });

/** Reckons a campaign's return. @throws {NOT_FOUND} {VALIDATION_FAILED} */
export async function readRoi(context: ReportContext, campaignId: string, options: RoiOptions): Promise<Roi> {
  const { grossMargin } = parse(schema, options, "return on investment");
  const query = checkQuery({ campaignIds: [requireId("campaign", campaignId)], groupBy: ["day"] });
  const report = await readReport(context, query, { people: false });
  const currency = report.currency ?? "";
  const spend = (await spendOf(context.db, context.workspaceId, [campaignId])).get(campaignId);
  const spendMicros = spend?.committedMicros ?? 0;
  const byDay = [...report.groups].sort((a, b) => a.group.bucket - b.group.bucket);
  const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
  const revenueMicros = sumOf(byDay.map(({ metrics }) => metrics.revenue?.amountMicros ?? 0));
  const conversions = sumOf(byDay.map(({ metrics }) => metrics.conversions));
  const unconverted = new Map<string, number>();
  for (const { amountMicros, currency: code } of byDay.flatMap(
    ({ metrics }) => metrics.unconverted.revenue,
  )) {
    unconverted.set(code, (unconverted.get(code) ?? 0) + amountMicros);
  }
  const known = unconverted.size === 0;
  const moneyOf = (amount: number): Money => micros(currency, Math.round(amount));
  const moneyOrNull = (amount: number | null): Money | null =>
    amount === null || !known ? null : moneyOf(amount);
  const figures = roiFigures({ revenueMicros, spendMicros, conversions, grossMargin });
  return {
    campaignId,
    currency,
    revenue: moneyOf(revenueMicros),
    unconverted: [...unconverted].map(([code, amount]) => micros(code, amount)),
    conversions,
    spend: moneyOf(spendMicros),
    costs: Object.fromEntries(COSTS.map((kind) => [kind, moneyOf(spend?.byKind[kind] ?? 0)])) as Record<
      CostKind,
      Money
    >,
    profit: moneyOrNull(figures.profitMicros),
    roi: known ? figures.roi : null,
    roas: known ? figures.roas : null,
    grossMargin,
    marginProfit: moneyOrNull(figures.marginProfitMicros),
    marginRoi: known ? figures.marginRoi : null,
    breakEven: {
      roas: figures.breakEvenRoas,
      revenue: figures.breakEvenRevenueMicros === null ? null : moneyOf(figures.breakEvenRevenueMicros),
      cpa: moneyOrNull(figures.breakEvenCpaMicros),
    },
    payback: known ? paybackOf(report, byDay, grossMargin) : null,
  };
}

type Report = Awaited<ReturnType<typeof readReport>>;

function paybackOf({ buckets }: Report, byDay: Report["groups"], grossMargin: number): Payback | null {
  const flows = byDay.flatMap(({ group, metrics }) => {
    const day = buckets?.[group.bucket];
    return day === undefined
      ? []
      : [
          {
            ...day,
            number: group.bucket,
            revenueMicros: metrics.revenue?.amountMicros ?? 0,
            spendMicros: metrics.spend?.amountMicros ?? 0,
          },
        ];
  });
  const paid = paybackSpan(flows, grossMargin);
  const first = flows.find(({ spendMicros }) => spendMicros > 0);
  const last = flows.find(({ from }) => from === paid?.from);
  if (first === undefined || last === undefined) return null;
  return { at: new Date(last.until), days: last.number - first.number + 1 };
}
