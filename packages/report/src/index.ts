/**
 * A campaign's report as one HTML page that stands alone.
 *
 * @packageDocumentation
 */
export { GERMAN } from "./german.ts";
export type { ReportNotes } from "./page.ts";
export { type ReportHtmlOptions, reportHtml } from "./report-html.ts";
export { ENGLISH, type ReportWords } from "./words.ts";
