/** What people did over time: one small picture for each kind of act, each to its own scale. */
import type { ReportPoint } from "@campaignkit/core";
import * as Plot from "@observablehq/plot";
import type { Markup } from "../markup.ts";
import { draw, type Size, WIDTHS } from "../svg.ts";
import { fill } from "../words.ts";
import type { Chart, ChartFrame } from "./chart.ts";

const SERIES = [
  { name: "opens", color: "var(--opens)" },
  { name: "clicks", color: "var(--people)" },
  { name: "conversions", color: "var(--revenue)" },
] as const;
type Series = (typeof SERIES)[number];

const LABELS = { wide: 6, narrow: 3 } as const;
/** A bar is never wider than one of so many. */
const MIN_PLACES = 12;

/** Numbers of the points that have a label, evenly spread. */
function labelled(points: number, most: number): readonly number[] {
  const step = Math.max(1, Math.ceil(points / most));
  return Array.from({ length: Math.ceil(points / step) }, (_, place) => place * step);
}

function options(
  { report: { trend }, formats }: ChartFrame,
  { name, color }: Series,
  size: Size,
): Plot.PlotOptions {
  const { points, interval } = trend;
  const bars = points.map(({ metrics }, place) => ({ from: place, until: place + 1, value: metrics[name] }));
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const places = Math.max(points.length, MIN_PLACES);
  const gap = Math.min(2, (WIDTHS[size] - 60) / places / 6);
  return {
    height: 132,
    marginLeft: 48,
    marginRight: 12,
    marginTop: 10,
    marginBottom: 24,
    x: { label: null, domain: [0, places], axis: null },
    y: { label: null, grid: true, domain: [0, most], axis: null },
    marks: [
      Plot.gridY({ ticks: 3, strokeOpacity: 0.15 }),
      Plot.axisY({
        ticks: Math.min(3, most),
        tickSize: 0,
        label: null,
        tickFormat: (value: number) => (Number.isInteger(value) ? formats.count(value) : ""),
      }),
      Plot.rectY(bars, {
        x1: "from",
        x2: "until",
        y1: 0,
        y2: "value",
        fill: color,
        insetLeft: gap / 2,
        insetRight: gap / 2,
      }),
      Plot.ruleY([0], { stroke: "currentColor" }),
      Plot.text(labelled(points.length, Math.ceil((LABELS[size] * points.length) / places)), {
        x: (place: number) => place,
        y: 0,
        dy: 14,
        textAnchor: "start",
        fill: "currentColor",
        text: (place: number) => formats.tick(points[place]?.from ?? new Date(0), interval),
      }),
    ],
  };
}

function said({ report: { trend }, words, formats }: ChartFrame, { name }: Series): string {
  const { points, interval } = trend;
  const of = (point: ReportPoint): number => point.metrics[name];
  const most = points.reduce<ReportPoint | undefined>(
    (best, point) => (best === undefined || of(point) > of(best) ? point : best),
    undefined,
  );
  const tick = (point: ReportPoint | undefined): string =>
    point === undefined ? words.notKnown : formats.tick(point.from, interval);
  return fill(words.trendSaid, {
    what: words.trendTitles[name],
    total: formats.count(points.reduce((sum, point) => sum + of(point), 0)),
    from: tick(points[0]),
    until: tick(points.at(-1)),
    most: formats.count(most === undefined ? 0 : of(most)),
    mostAt: tick(most),
  });
}

/** The pictures, each under its own heading. `null` where nothing happened, or all of it within one span. */
export function trendChart(
  frame: ChartFrame,
):
  | (Omit<Chart, "pictures"> & { readonly parts: readonly { title: string; pictures: readonly Markup[] }[] })
  | null {
  const { report, words, formats } = frame;
  const { points, interval } = report.trend;
  const shown = SERIES.filter(({ name }) => points.some(({ metrics }) => metrics[name] > 0));
  if (shown.length === 0 || points.length < 2) return null;
  return {
    id: "trend",
    title: words.trendTitle,
    parts: shown.map((series) => ({
      title: words.trendTitles[series.name],
      pictures: draw((size) => options(frame, series, size), {
        id: `trend-${series.name}`,
        title: words.trendTitles[series.name],
        description: said(frame, series),
      }),
    })),
    table: {
      head: [words.period[interval], ...shown.map(({ name }) => words.trendTitles[name])],
      rows: points.map(({ from, metrics }) => [
        formats.tick(from, interval),
        ...shown.map(({ name }) => formats.count(metrics[name])),
      ]),
    },
  };
}
