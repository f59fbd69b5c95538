/** A chart, what it says in words, and its figures. */
import type { CampaignReport } from "@campaignkit/core";
import type { Formats } from "../format.ts";
import type { Markup } from "../markup.ts";
import type { ReportWords } from "../words.ts";

/** What charts are made from. */
export interface ChartFrame {
  readonly report: CampaignReport;
  readonly words: ReportWords;
  readonly formats: Formats;
}

/** A table of figures. The first column names the rows. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Drawings, with the table that says the same. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** None where a table says it better. */
  readonly pictures: readonly Markup[];
  readonly table: Table;
  /** Which colour is what. */
  readonly keys?: readonly { readonly color: string; readonly text: string }[];
  /** What must be known to read it. */
  readonly note?: string;
}
