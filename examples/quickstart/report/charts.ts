/** The charts of the report: what each shows, as data for the plotting library. */
import * as Plot from "@observablehq/plot";
import type { Results } from "../results.ts";
import { count, formatMoney, percent } from "../terminal.ts";
import type { Markup } from "./markup.ts";
import { draw } from "./svg.ts";

/** A chart, what it says in words, and its figures. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly picture: Markup;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What becomes of a person in the audience, in the order of the report. */
export const OUTCOMES = ["sent", "failed", "skipped", "uncertain"] as const;
const BAR_HEIGHT = 34;
const LABEL_MARGIN = 210;
const VALUE_MARGIN = 120;

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  readonly color: string;
}

/** Labelled bars, one under the other. */
function bars(data: readonly Bar[], words: { id: string; title: string; description: string }): Markup {
  const options: Plot.PlotOptions = {
    height: data.length * BAR_HEIGHT + 8,
    marginLeft: LABEL_MARGIN,
    marginRight: VALUE_MARGIN,
    marginTop: 4,
    marginBottom: 4,
    x: { axis: null },
    y: { label: null, domain: data.map(({ label }) => label), tickSize: 0 },
    marks: [
      Plot.barX(data, { x: "value", y: "label", fill: "color", insetTop: 5, insetBottom: 5, rx: 2 }),
      Plot.text(data, {
        x: "value",
        y: "label",
        text: "text",
        textAnchor: "start",
        dx: 6,
        fill: "currentColor",
      }),
      Plot.ruleX([0], { stroke: "currentColor" }),
    ],
  };
  return draw(options, words);
}

/** What became of the audience, as one bar. */
export function outcomeChart({ progress }: Results): Chart {
  const parts = OUTCOMES.map((outcome) => ({ outcome, n: progress[outcome] }));
  const words = {
    id: "outcomes",
    title: "What became of the audience",
    description: `${count(progress.audience)} people: ${parts.map(({ outcome, n }) => `${count(n)} ${outcome}`).join(", ")}.`,
  };
  const picture = draw(
    {
      height: 64,
      marginLeft: 0,
      marginRight: 0,
      marginTop: 4,
      marginBottom: 4,
      x: { axis: null },
      color: { domain: [...OUTCOMES], range: OUTCOMES.map((outcome) => `var(--${outcome})`) },
      marks: [Plot.barX(parts, { x: "n", fill: "outcome", inset: 1, rx: 2 })],
    },
    words,
  );
  const rows = parts.map(({ outcome, n }) => [outcome, count(n), percent(n / progress.audience)]);
  return { ...words, picture, head: ["Outcome", "People", "Share"], rows };
}

/** Why people got nothing; `null` where everybody did. */
export function reasonChart({ progress }: Results): Chart | null {
  const data = (["skipped", "failed", "uncertain"] as const).flatMap((outcome) =>
    Object.entries(progress.reasons[outcome])
      .sort(([, a], [, b]) => b - a)
      .map(([reason, n]) => ({
        label: `${outcome}: ${reason}`,
        value: n,
        text: count(n),
        color: `var(--${outcome})`,
      })),
  );
  if (data.length === 0) return null;
  const words = {
    id: "reasons",
    title: "Why people got nothing",
    description: `${data.map(({ label, text }) => `${label} ${text}`).join(", ")}.`,
  };
  return {
    ...words,
    picture: bars(data, words),
    head: ["Reason", "People"],
    rows: data.map(({ label, text }) => [label, text]),
  };
}

const STAGES: Readonly<Record<string, string>> = {
  sent: "got the mail",
  open: "opened it",
  click: "clicked a link",
  conversion: "ordered",
};

/** How many people went how far. */
export function funnelChart({ funnel }: Results): Chart {
  const data = funnel.stages.map(({ type, people, ofFirst }) => ({
    label: STAGES[type] ?? type,
    value: people,
    text: `${count(people)} · ${percent(ofFirst)}`,
    color: "var(--people)",
  }));
  const words = {
    id: "funnel",
    title: "How far people went",
    description: `${data.map(({ label, value }) => `${count(value)} ${label}`).join(", ")}.`,
  };
  const rows = funnel.stages.map(({ type, people, ofFirst, ofPrevious }) => [
    STAGES[type] ?? type,
    count(people),
    percent(ofFirst),
    percent(ofPrevious),
  ]);
  return {
    ...words,
    picture: bars(data, words),
    head: ["Stage", "People", "Of all", "Of the stage before"],
    rows,
  };
}

/** How the sending went on. */
export function sendingChart({ sending }: Results): Chart {
  const last = sending.at(-1) ?? { second: 0, sent: 0 };
  const words = {
    id: "sending",
    title: "Messages accepted by the mail server",
    description: `A line that rises from 0 to ${count(last.sent)} messages in ${count(last.second)} seconds.`,
  };
  const picture = draw(
    {
      height: 240,
      marginLeft: 56,
      marginBottom: 44,
      x: { label: "seconds since the first", domain: [0, Math.max(1, last.second)] },
      y: { label: null, grid: true, domain: [0, Math.max(1, last.sent)], ticks: 5 },
      marks: [
        Plot.areaY(sending, { x: "second", y: "sent", fill: "var(--sent)", fillOpacity: 0.2 }),
        Plot.lineY(sending, { x: "second", y: "sent", stroke: "var(--sent)", strokeWidth: 2 }),
        Plot.ruleY([0], { stroke: "currentColor" }),
      ],
    },
    words,
  );
  const rows = sending.map(({ second, sent }) => [count(second), count(sent)]);
  return { ...words, picture, head: ["Second", "Messages so far"], rows };
}

/** What it cost, and what it brought. */
export function moneyChart({ roi }: Results): Chart {
  const costs = Object.entries(roi.costs).filter(([, { amountMicros }]) => amountMicros !== 0);
  const data = [
    { label: "revenue", money: roi.revenue, color: "var(--revenue)" },
    ...costs.map(([kind, money]) => ({ label: `cost: ${kind}`, money, color: "var(--cost)" })),
  ].map(({ label, money, color }) => ({
    label,
    color,
    value: money.amountMicros / 1e6,
    text: formatMoney(money),
  }));
  const words = {
    id: "money",
    title: "What it cost, and what it brought",
    description: `${data.map(({ label, text }) => `${label} ${text}`).join(", ")}; return on investment ${percent(roi.roi)}.`,
  };
  return {
    ...words,
    picture: bars(data, words),
    head: ["", "Amount"],
    rows: data.map(({ label, text }) => [label, text]),
  };
}
