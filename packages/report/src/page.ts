/** The page around the charts. Pure. */
import type { CampaignReport } from "@campaignkit/core";
import type { Chart, ChartFrame, Table } from "./charts/chart.ts";
import { funnelChart } from "./charts/funnel.ts";
import { machineChart } from "./charts/machines.ts";
import { moneyChart } from "./charts/money.ts";
import { outcomeChart, reasonChart } from "./charts/outcomes.ts";
import { partsChart } from "./charts/parts.ts";
import { trendChart } from "./charts/trend.ts";
import { html, Markup } from "./markup.ts";
import { STYLE } from "./style.ts";
import { fill } from "./words.ts";

/** Lines of the host's own under a heading, at the end of the page. */
export interface ReportNotes {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What the page is made from. */
export interface PageFrame extends ChartFrame {
  readonly notes: readonly ReportNotes[];
}

/** The whole page. */
export function pageOf(frame: PageFrame): Markup {
  const { report, words, formats, notes } = frame;
  const { campaign } = report;
  const trend = trendChart(frame);
  return html`<!doctype html>
<html lang="${formats.locale}" dir="${formats.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${fill(words.pageTitle, { name: campaign.name })}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${campaign.name}</h1>
<p class="soft">${lead(frame)}</p>
${tiles(frame)}
${figure(frame, outcomeChart(frame))}
${figure(frame, reasonChart(frame))}
${deliverability(frame)}
${figure(frame, funnelChart(frame))}
${
  trend === null
    ? ""
    : figureOf(
        frame,
        trend,
        trend.parts.map(({ title, pictures }) => html`<h3>${title}</h3>\n${pictures}\n`),
      )
}
${figure(frame, machineChart(frame))}
${figure(frame, channels(frame))}
${figure(frame, posts(frame))}
${figure(frame, segments(frame))}
${figure(frame, moneyChart(frame))}
${notes.map(
  ({ title, lines }) => html`<section>
<h2>${title}</h2>
<ul class="notes">${lines.map((line) => html`<li>${line}</li>`)}</ul>
</section>
`,
)}</main>
</body>
</html>
`;
}

const STATES = ["draft", "scheduled", "active", "paused", "completed", "cancelled"] as const;

function lead({ report, words, formats }: PageFrame): string {
  const { campaign, delivery } = report;
  const known = STATES.find((state) => state === campaign.state);
  const values = {
    audience: formats.count(delivery.audience),
    from: formats.date(campaign.startsAt),
    until: campaign.endsAt === null ? "" : formats.date(campaign.endsAt),
  };
  const whom = fill(campaign.endsAt === null ? words.toPeople : words.toPeopleUntil, values);
  const asOf = fill(words.asOf, { at: formats.dateTime(report.generatedAt), timeZone: report.timeZone });
  return `${known === undefined ? campaign.state : words.states[known]}. ${whom} ${asOf}`;
}

function tiles({ report: { delivery, summary, roi }, words, formats }: PageFrame): Markup {
  const figures = [
    [formats.count(delivery.sent), words.tiles.sent],
    [formats.percent(summary.openRate), words.tiles.opened],
    [formats.percent(summary.clickRate), words.tiles.clicked],
    [formats.count(summary.unsubscribes), words.tiles.unsubscribed],
    [formats.count(summary.conversions), words.tiles.conversions],
    [formats.money(roi.revenue), words.tiles.revenue],
    [formats.money(roi.spend), words.tiles.spend],
    [formats.percent(roi.roi), words.tiles.roi],
  ] as const;
  return html`<ul class="tiles">${figures.map(([value, name]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

function deliverability({ report: { summary }, words, formats }: PageFrame): Markup | "" {
  if (summary.sent === 0) return "";
  const { deliverability: names } = words;
  const rows = [
    [names.delivered, formats.count(summary.delivered), formats.percent(summary.delivered / summary.sent)],
    [names.bounces, formats.count(summary.bounces), formats.percent(summary.bounceRate)],
    [names.complaints, formats.count(summary.complaints), formats.percent(summary.complaintRate)],
    [names.unsubscribes, formats.count(summary.unsubscribes), formats.percent(summary.unsubscribeRate)],
  ];
  return html`<section aria-labelledby="deliverability">
<h2 id="deliverability">${words.deliverabilityTitle}</h2>
${tableOf({ head: [words.figure, words.number, words.share], rows })}
</section>
`;
}

function channels(frame: PageFrame): Chart | null {
  const { words, report } = frame;
  return partsChart({
    ...frame,
    id: "channels",
    title: words.channelsTitle,
    part: words.channel,
    parts: report.channels,
  });
}

function posts(frame: PageFrame): Chart | null {
  const { words, report } = frame;
  return partsChart({
    ...frame,
    id: "posts",
    title: words.postsTitle,
    part: words.post,
    parts: report.posts,
  });
}

function segments(frame: PageFrame): Chart | null {
  const { words, report } = frame;
  const parts: CampaignReport["segments"] = report.segments;
  return partsChart({
    ...frame,
    id: "segments",
    title: words.segmentsTitle,
    part: words.segment,
    parts,
    note: words.segmentsNote,
  });
}

function figure(frame: PageFrame, chart: Chart | null): Markup | "" {
  return chart === null ? "" : figureOf(frame, chart, chart.pictures);
}

function figureOf(
  { words }: PageFrame,
  { id, title, table, keys = [], note }: Omit<Chart, "pictures">,
  pictures: readonly Markup[],
): Markup {
  return html`<figure aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${title}</h2>
${pictures}
${
  keys.length === 0
    ? ""
    : html`<ul class="keys">${keys.map(({ color, text }) => html`<li style="--key: ${color}">${text}</li>`)}</ul>`
}
${note === undefined ? "" : html`<p class="note">${note}</p>`}
${pictures.length === 0 ? scrolled(id, table) : html`<details><summary>${words.asTable}</summary>\n${scrolled(id, table)}\n</details>`}
</figure>
`;
}

/** A table that scrolls by itself where it is wider or longer than there is room, also by the keyboard. */
function scrolled(id: string, table: Table): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-heading">${tableOf(table)}</div>`;
}

function tableOf({ head, rows }: Table): Markup {
  return html`<table><thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows.map(
    ([first = "", ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`;
}
