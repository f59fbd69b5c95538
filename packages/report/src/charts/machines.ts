/** What people did, and what machines did, side by side; and why those are taken for machines. */
import { fill } from "../words.ts";
import { drawBars } from "./bars.ts";
import type { Chart, ChartFrame } from "./chart.ts";

/** Both. `null` where neither did anything. */
export function machineChart({ report, words, formats }: ChartFrame): Chart | null {
  const { summary, machines } = report;
  const acts = [
    { what: words.acts.open, people: summary.opens, byMachines: machines.opens },
    { what: words.acts.click, people: summary.clicks, byMachines: machines.clicks },
  ];
  const all = acts.reduce((sum, { people, byMachines }) => sum + people + byMachines, 0);
  if (all === 0) return null;
  const said = acts.map(({ what, people, byMachines }) =>
    fill(words.machinesSaid, { what, people: formats.count(people), machines: formats.count(byMachines) }),
  );
  const title = words.machinesTitle;
  const actOf = (type: string): string => (type === "open" || type === "click" ? words.acts[type] : type);
  return {
    id: "machines",
    title,
    pictures: drawBars(
      acts.map(({ what, people, byMachines }) => ({
        label: what,
        parts: [
          { value: people, color: "var(--people)" },
          { value: byMachines, color: "var(--machines)" },
        ],
        text: `${formats.count(people)} + ${formats.count(byMachines)}`,
      })),
      { id: "machines", title, description: said.join(" ") },
    ),
    keys: [
      { color: "var(--people)", text: words.people },
      { color: "var(--machines)", text: words.machines },
    ],
    note: words.machinesNote,
    table: {
      head: [words.reason, words.number],
      rows: [
        ...acts.map(({ what, people }) => [`${words.people}: ${what}`, formats.count(people)]),
        ...machines.reasons.map(({ type, reason, count }) => [
          `${words.machines}: ${actOf(type)}, ${words.machineReasons[reason] ?? reason}`,
          formats.count(count),
        ]),
      ],
    },
  };
}
