/** A campaign's report as one page. */
import type { CampaignReport } from "@campaignkit/core";
import { Formats } from "./format.ts";
import { pageOf, type ReportNotes } from "./page.ts";
import { ENGLISH, type ReportWords } from "./words.ts";

/** How the page is written. */
export interface ReportHtmlOptions {
  /** BCP 47: how numbers, amounts and dates are written, and what the page says its language is. `en` when absent. */
  readonly locale?: string;
  /** The texts, all or some; English for the rest. */
  readonly words?: Partial<ReportWords>;
  /** What else is to be said, at the end of the page. */
  readonly notes?: readonly ReportNotes[];
}

/**
 * Makes a page of a report: one HTML file that stands alone, with nothing to load and nothing to run. Pure.
 *
 * Every text is escaped. Each chart has a title, a description and a table behind it; colours keep apart for every kind of colour vision, by day
 * and by night. Serve it with the content type `text/html; charset=utf-8`, attach it, or print it.
 *
 * @throws {VALIDATION_FAILED} for a locale that is no language tag.
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import type { Workspace } from "@campaignkit/core";
 * import { GERMAN, reportHtml } from "@campaignkit/report";
 *
 * export async function writeReport(shop: Workspace, campaignId: string) {
 *   const report = await shop.analytics.report(campaignId);
 *   await writeFile("report.html", reportHtml(report, { locale: "de-AT", words: GERMAN }));
 * }
 * ```
 */
export function reportHtml(report: CampaignReport, options: ReportHtmlOptions = {}): string {
  const { locale = "en", words: given = {}, notes = [] } = options;
  const words = { ...ENGLISH, ...given };
  const formats = new Formats({ locale, timeZone: report.timeZone, notKnown: words.notKnown });
  return pageOf({ report, words, formats, notes }).text;
}
