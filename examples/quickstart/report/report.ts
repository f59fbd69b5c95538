/** The report: one HTML file that stands alone, without script and without anything to load. */
import { rename, writeFile } from "node:fs/promises";
import type { Check } from "../checks.ts";
import { isSample, ofReaders, type Results } from "../results.ts";
import { count, formatMoney, percent } from "../terminal.ts";
import {
  type Chart,
  funnelChart,
  moneyChart,
  OUTCOMES,
  outcomeChart,
  reasonChart,
  sendingChart,
} from "./charts.ts";
import { html, Markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** What a report is made from. */
export interface ReportInput {
  readonly results: Results;
  readonly checks: readonly Check[];
  readonly database: string;
  readonly at: Date;
}

/** Writes the report. Whoever opens the file finds a whole one. */
export async function writeReport(path: string, input: ReportInput): Promise<void> {
  await writeFile(`${path}.new`, reportPage(input));
  await rename(`${path}.new`, path);
}

/** The page. Pure. */
export function reportPage({ results, checks, database, at }: ReportInput): string {
  const { campaignName, progress } = results;
  const reasons = reasonChart(results);
  const when = new Intl.DateTimeFormat("en", {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  }).format(at);
  const sample = isSample(results)
    ? html`<p class="soft">Only a sample of ${count(results.readers)} people, chosen by a seed, read their mail: opens, clicks, orders and revenue are theirs.</p>`
    : "";
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${campaignName}: what it came to</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${campaignName}</h1>
<p class="soft">To ${count(progress.audience)} people, on ${database}. As of ${when} UTC.</p>
${sample}
${tiles(results)}
${figure(outcomeChart(results), keys(results))}
${reasons === null ? "" : figure(reasons)}
${figure(funnelChart(results))}
${figure(moneyChart(results))}
${figure(sendingChart(results))}
<h2>What must hold</h2>
<ul class="checks">
${checks.map(
  ({
    what,
    holds,
  }) => html`<li class="${holds ? "holds" : "broken"}">${holds ? "✓" : "✗ broken:"} ${what}</li>
`,
)}</ul>
</main>
</body>
</html>
`;
  return page.text;
}

function tiles(results: Results): Markup {
  const { progress, metrics, roi } = results;
  const figures = [
    [count(progress.sent), "sent"],
    [percent(ofReaders(metrics.uniqueOpens, results)), "opened"],
    [percent(ofReaders(metrics.uniqueClicks, results)), "clicked"],
    [count(metrics.unsubscribes), "unsubscribed"],
    [count(metrics.conversions), "orders"],
    [formatMoney(roi.revenue), "revenue"],
    [formatMoney(roi.spend), "spend"],
    [percent(roi.roi), "return on investment"],
  ] as const;
  return html`<ul class="tiles">${figures.map(([value, name]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

/** Which colour of the bar is which outcome, and how many people each is. */
function keys({ progress }: Results): Markup {
  return html`<ul class="keys">${OUTCOMES.map(
    (outcome) => html`<li style="--key: var(--${outcome})">${outcome} ${count(progress[outcome])}</li>`,
  )}</ul>`;
}

function figure({ id, title, picture, head, rows }: Chart, legend: Markup | "" = ""): Markup {
  return html`<figure aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${title}</h2>
${picture}
${legend}
<details><summary>The figures as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-heading"><table><thead><tr>${head.map(
    (name) => html`<th scope="col">${name}</th>`,
  )}</tr></thead><tbody>${rows.map(
    ([first = "", ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>
</details>
</figure>
`;
}
