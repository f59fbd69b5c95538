/** What it cost, and what it brought. */
import type { Money } from "@campaignkit/core";
import { fill } from "../words.ts";
import { drawBars } from "./bars.ts";
import type { Chart, ChartFrame } from "./chart.ts";

const KINDS = ["media", "ai", "message", "tool", "labour"] as const;

/** Revenue beside each kind of cost. */
export function moneyChart({ report, words, formats }: ChartFrame): Chart {
  const { roi, summary } = report;
  const costs = KINDS.filter((kind) => roi.costs[kind].amountMicros !== 0).map((kind) => ({
    label: words.costs[kind],
    amount: roi.costs[kind],
    color: "var(--cost)",
  }));
  const bars = [{ label: words.revenue, amount: roi.revenue, color: "var(--revenue)" }, ...costs];
  const drawn = bars.map(({ label, amount, color }) => ({
    label,
    parts: [{ value: Math.max(0, amount.amountMicros / 1e6), color }],
    text: formats.money(amount),
  }));
  const said = [
    ...drawn.map(({ label, text }) => `${label} ${text}`),
    `${words.roi} ${formats.percent(roi.roi)}`,
  ];
  const row = (name: string, amount: Money | null): readonly string[] => [name, formats.money(amount)];
  const { payback, unconverted } = roi;
  return {
    id: "money",
    title: words.moneyTitle,
    pictures: drawBars(drawn, {
      id: "money",
      title: words.moneyTitle,
      description: `${formats.list(said)}.`,
    }),
    ...(unconverted.length === 0
      ? {}
      : {
          note: fill(words.unconverted, {
            amounts: formats.list(unconverted.map((each) => formats.money(each))),
          }),
        }),
    table: {
      head: [words.figure, words.amount],
      rows: [
        ...bars.map(({ label, amount }) => row(label, amount)),
        row(words.spend, roi.spend),
        row(words.profit, roi.profit),
        [words.roi, formats.percent(roi.roi)],
        [words.roas, formats.ratio(roi.roas)],
        [words.breakEvenRoas, formats.ratio(roi.breakEven.roas)],
        row(words.aov, summary.aov),
        row(words.cpa, summary.cpa),
        [
          words.payback,
          payback === null
            ? words.notKnown
            : fill(words.paybackAfter, {
                days: formats.count(payback.days),
                at: formats.date(new Date(payback.at.getTime() - 1)),
              }),
        ],
      ],
    },
  };
}
