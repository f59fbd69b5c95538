/** The campaign by channel, post or segment. */
import type { ReportPart } from "@campaignkit/core";
import { fill } from "../words.ts";
import { drawBars } from "./bars.ts";
import type { Chart, ChartFrame } from "./chart.ts";

/** More bars are no picture any more; the table has them. */
const MAX_BARS = 12;
const MAX_ROWS = 200;

/** What the parts are. */
export interface PartsFrame extends ChartFrame {
  readonly id: string;
  readonly title: string;
  /** What one part is called. */
  readonly part: string;
  readonly parts: readonly ReportPart[];
  readonly note?: string;
}

/** Merge fields as a mark: what stands in them is not known here. */
function plain(title: string): string {
  return title.replaceAll(/\{\{.*?\}\}/g, "…");
}

/** How many of each part's people clicked; without a picture where there is nothing to compare. `null` where there are no parts. */
export function partsChart(frame: PartsFrame): Chart | null {
  const { id, title, part, parts, words, formats, note } = frame;
  if (parts.filter(({ key }) => key !== null).length === 0) return null;
  const nameOf = ({ key, name }: ReportPart): string => name ?? key ?? words.none;
  const compared = parts.filter(({ metrics }) => metrics.clickRate !== null).slice(0, MAX_BARS);
  const bars = compared.map((each) => ({
    label: plain(nameOf(each)),
    parts: [{ value: each.metrics.clickRate ?? 0, color: "var(--people)" }],
    text: formats.percent(each.metrics.clickRate),
  }));
  const { columns } = words;
  const description = `${columns.clickRate}: ${formats.list(bars.map(({ label, text }) => `${label} ${text}`))}.`;
  const rows = parts
    .slice(0, MAX_ROWS)
    .map((each) => [
      nameOf(each),
      formats.count(each.metrics.delivered),
      formats.count(each.metrics.uniqueOpens),
      formats.count(each.metrics.uniqueClicks),
      formats.percent(each.metrics.clickRate),
      formats.count(each.metrics.conversions),
      formats.money(each.metrics.revenue),
    ]);
  const left = parts.length - rows.length;
  return {
    id,
    title,
    ...(bars.length < 2
      ? { pictures: [] }
      : {
          pictures: drawBars(bars, { id, title: `${title}: ${columns.clickRate}`, description }),
          keys: [{ color: "var(--people)", text: columns.clickRate }],
        }),
    ...(note === undefined ? {} : { note }),
    table: {
      head: [
        part,
        columns.delivered,
        columns.opened,
        columns.clicked,
        columns.clickRate,
        columns.conversions,
        columns.revenue,
      ],
      rows: left > 0 ? [...rows, [fill(words.more, { count: formats.count(left) })]] : rows,
    },
  };
}
