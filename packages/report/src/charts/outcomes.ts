/** What became of the audience, and why people got nothing. */
import * as Plot from "@observablehq/plot";
import { draw } from "../svg.ts";
import { fill } from "../words.ts";
import { drawBars } from "./bars.ts";
import type { Chart, ChartFrame } from "./chart.ts";

const OUTCOMES = ["sent", "failed", "skipped", "uncertain", "pending"] as const;
const WITH_REASONS = ["skipped", "failed", "uncertain"] as const;

/** As one bar. `null` for a campaign that was for nobody yet. */
export function outcomeChart({ report, words, formats }: ChartFrame): Chart | null {
  const { delivery } = report;
  if (delivery.audience === 0) return null;
  const parts = OUTCOMES.map((outcome) => ({ outcome, number: delivery[outcome] })).filter(
    ({ outcome, number }) => number > 0 || outcome !== "pending",
  );
  const said = parts.map(({ outcome, number }) => `${formats.count(number)} ${words.outcomes[outcome]}`);
  const audience = formats.count(delivery.audience);
  return {
    id: "outcomes",
    title: words.outcomesTitle,
    pictures: draw(
      () => ({
        height: 56,
        marginLeft: 0,
        marginRight: 0,
        marginTop: 4,
        marginBottom: 4,
        x: { axis: null },
        color: { domain: [...OUTCOMES], range: OUTCOMES.map((outcome) => `var(--${outcome})`) },
        marks: [
          Plot.barX(
            parts.filter(({ number }) => number > 0),
            { x: "number", fill: "outcome", inset: 1, rx: 2 },
          ),
        ],
      }),
      {
        id: "outcomes",
        title: words.outcomesTitle,
        description: fill(words.outcomesSaid, { audience, parts: formats.list(said) }),
      },
    ),
    keys: parts.map(({ outcome }, place) => ({ color: `var(--${outcome})`, text: said[place] ?? "" })),
    table: {
      head: [words.outcome, words.people, words.share],
      rows: parts.map(({ outcome, number }) => [
        words.outcomes[outcome],
        formats.count(number),
        formats.percent(number / delivery.audience),
      ]),
    },
  };
}

/** By reason. `null` where everybody got something. */
export function reasonChart({ report, words, formats }: ChartFrame): Chart | null {
  const bars = WITH_REASONS.flatMap((outcome) =>
    Object.entries(report.delivery.reasons[outcome])
      .sort(([, a], [, b]) => b - a)
      .map(([reason, number]) => ({
        label: `${words.outcomes[outcome]}: ${words.reasons[reason] ?? reason}`,
        parts: [{ value: number, color: `var(--${outcome})` }],
        text: formats.count(number),
      })),
  );
  if (bars.length === 0) return null;
  const description = `${formats.list(bars.map(({ label, text }) => `${label} ${text}`))}.`;
  return {
    id: "reasons",
    title: words.reasonsTitle,
    pictures: drawBars(bars, { id: "reasons", title: words.reasonsTitle, description }),
    table: { head: [words.reason, words.people], rows: bars.map(({ label, text }) => [label, text]) },
  };
}
