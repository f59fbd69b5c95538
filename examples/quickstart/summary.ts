/** The end of the story: what the campaign came to, in words and figures. */
import type { Check } from "./checks.ts";
import { isSample, ofReaders, type Results } from "./results.ts";
import { count, formatMoney, percent, type Terminal } from "./terminal.ts";

const LABEL_WIDTH = 14;

/** Tells the results. */
export function tellResults(terminal: Terminal, results: Results): void {
  const { delivery, summary: metrics, machines, roi, campaign } = results.report;
  const { audience, sent, failed, skipped, uncertain, reasons } = delivery;
  const line = (label: string, text: string): void => terminal.say(`  ${label.padEnd(LABEL_WIDTH)}${text}`);
  terminal.say(`\nResult of "${campaign.name}"`);
  line(
    "audience",
    `${count(audience)} = ${count(sent)} sent + ${count(failed)} failed + ${count(skipped)} skipped + ${count(uncertain)} uncertain`,
  );
  for (const outcome of ["failed", "skipped", "uncertain"] as const) {
    const parts = Object.entries(reasons[outcome]).sort(([, a], [, b]) => b - a);
    if (parts.length > 0)
      line(`  ${outcome}`, parts.map(([reason, n]) => `${count(n)} ${reason}`).join(", "));
  }
  if (uncertain > 0) {
    const arrived = results.accepted.messages - sent;
    line(
      "",
      `of the uncertain ${count(arrived)} did arrive; the engine could not know, and writes to nobody twice`,
    );
  }
  if (isSample(results))
    line(
      "read",
      `by a sample of ${count(results.readers)} people, chosen by the seed; what follows is theirs`,
    );
  const share = (people: number): string => percent(ofReaders(people, results));
  line(
    "opened",
    `${count(metrics.uniqueOpens)} people, ${share(metrics.uniqueOpens)}; ${count(metrics.opens)} opens`,
  );
  line(
    "clicked",
    `${count(metrics.uniqueClicks)} people, ${share(metrics.uniqueClicks)}; ${count(metrics.clicks)} clicks`,
  );
  const { opens, clicks } = results.byAnybody;
  line(
    "machines",
    `${count(machines.opens)} of all ${count(opens)} opens, ${count(machines.clicks)} of all ${count(clicks)} clicks, counted for nobody`,
  );
  const acts = machines.reasons.map(({ type, reason, count: n }) => `${count(n)} ${type} ${reason}`);
  if (acts.length > 0) line("", acts.join(", "));
  line("unsubscribed", `${count(metrics.unsubscribes)} with one click`);
  line("ordered", `${count(metrics.converters)} people, ${percent(metrics.cvr)} of clicks`);
  line("revenue", formatMoney(roi.revenue));
  line(
    "spend",
    `${formatMoney(roi.spend)}: ${formatMoney(roi.costs.message)} for messages, ${formatMoney(roi.costs.labour)} for the creation`,
  );
  line("ROI", `${percent(roi.roi)}, profit ${formatMoney(roi.profit)}`);
}

/** Tells whether all that must hold does. */
export function tellChecks(terminal: Terminal, checks: readonly Check[]): void {
  const broken = checks.filter(({ holds }) => !holds);
  if (broken.length === 0) {
    terminal.say(`\nChecked: ${checks.length} sums that must agree do, and nobody got two messages.`);
    return;
  }
  terminal.say("\nThese do not hold, which is a bug worth reporting:");
  for (const { what } of broken) terminal.say(`  ✗ ${what}`);
}
