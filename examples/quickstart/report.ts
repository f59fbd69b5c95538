/** The report: the engine's figures as one page, with what is the demo's own at its end. */
import { rename, writeFile } from "node:fs/promises";
import { type ReportNotes, reportHtml } from "@campaignkit/report";
import type { Check } from "./checks.ts";
import { isSample, type Results } from "./results.ts";
import { count } from "./terminal.ts";

/** What a report is made from. */
export interface ReportInput {
  readonly results: Results;
  readonly checks: readonly Check[];
  readonly database: string;
}

/** Writes the report. Whoever opens the file finds a whole one. */
export async function writeReport(path: string, input: ReportInput): Promise<void> {
  await writeFile(`${path}.new`, reportPage(input));
  await rename(`${path}.new`, path);
}

/** The page. Pure. */
export function reportPage({ results, checks, database }: ReportInput): string {
  return reportHtml(results.report, {
    notes: [
      ...sampleNote(results),
      {
        title: `What must hold (on ${database})`,
        lines: checks.map(({ what, holds }) => `${holds ? "✓" : "✗ broken:"} ${what}`),
      },
    ],
  });
}

function sampleNote(results: Results): readonly ReportNotes[] {
  if (!isSample(results)) return [];
  const who = `Only a sample of ${count(results.readers)} people, chosen by a seed, read their mail`;
  return [{ title: "Who read", lines: [`${who}: opens, clicks, orders and revenue are theirs.`] }];
}
