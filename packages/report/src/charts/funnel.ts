/** How many people went how far. */
import { drawBars } from "./bars.ts";
import type { Chart, ChartFrame } from "./chart.ts";

/** The funnel. `null` where nobody entered it. */
export function funnelChart({ report, words, formats }: ChartFrame): Chart | null {
  const { stages } = report.funnel;
  if ((stages[0]?.people ?? 0) === 0) return null;
  const bars = stages.map(({ type, channel, people, ofFirst }) => ({
    label: `${words.stages[type] ?? type}${channel === null ? "" : ` (${channel})`}`,
    parts: [{ value: people, color: "var(--people)" }],
    text: `${formats.count(people)} · ${formats.percent(ofFirst)}`,
  }));
  const description = `${formats.list(bars.map(({ label, text }) => `${label}: ${text}`))}.`;
  return {
    id: "funnel",
    title: words.funnelTitle,
    pictures: drawBars(bars, { id: "funnel", title: words.funnelTitle, description }),
    ...(report.summary.machineOpens > 0 && stages.some(({ type }) => type === "open")
      ? { note: words.funnelNote }
      : {}),
    table: {
      head: [words.stage, words.people, words.ofAll, words.ofPrevious],
      rows: stages.map(({ people, ofFirst, ofPrevious }, place) => [
        bars[place]?.label ?? "",
        formats.count(people),
        formats.percent(ofFirst),
        formats.percent(ofPrevious),
      ]),
    },
  };
}
