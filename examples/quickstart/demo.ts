/** The demo: from a contact file to a report, by steps that can each be interrupted and repeated. */
import path from "node:path";
import type { Options } from "./arguments.ts";
import { type Check, checkResults } from "./checks.ts";
import { MESSAGE_COST_MICROS } from "./engine.ts";
import { importStep } from "./importing.ts";
import { readStep } from "./reading.ts";
import { writeReport } from "./report.ts";
import { readResults } from "./results.ts";
import { RunFolder } from "./run-folder.ts";
import { type Sent, sendStep } from "./sending.ts";
import { onStage, type Stage } from "./stage.ts";
import { tellChecks, tellResults } from "./summary.ts";
import { count, type Terminal } from "./terminal.ts";

const MEGABYTE = 1_000_000;

/** Runs the demo. Resolves to the checks, of which some may not hold. */
export async function runDemo(
  options: Options,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<readonly Check[]> {
  const baselineBytes = process.memoryUsage.rss();
  const folder = new RunFolder(options);
  const newId = (): string => crypto.randomUUID().slice(0, 8);
  const note = await folder.begin({ fresh: options.fresh, newId, now: new Date() });
  try {
    terminal.say(`\nA campaign from a contact file to a report, on ${databaseOf(options)}.`);
    if (note.attempts > 1) terminal.say("An earlier run was interrupted: it goes on where it was.");
    terminal.say();
    const checks = await onStage(
      { options, folder, note, terminal, signal, baselineBytes },
      async (stage) => {
        await importStep(stage);
        const sent = await sendStep(stage);
        await readStep(stage, sent);
        return finish(stage, sent);
      },
    );
    await folder.finish(note);
    return checks;
  } finally {
    await folder.release();
  }
}

const databaseOf = ({ postgres }: Options): string => (postgres === null ? "SQLite" : "PostgreSQL");

/** Ends the campaign, tells what it came to, and writes the report. */
async function finish(stage: Stage, sent: Sent): Promise<readonly Check[]> {
  const { shop, terminal, mail, options, folder, mailServer } = stage;
  const campaign = await shop.campaigns.get(sent.campaignId);
  if (campaign.state === "active")
    await shop.campaigns.complete(sent.campaignId, { reason: "everybody was served" });
  const results = await readResults(shop, sent.campaignId, mail);
  tellResults(terminal, results);
  const checks = checkResults(results, sent.audience, MESSAGE_COST_MICROS);
  tellChecks(terminal, checks);
  const report = path.resolve(options.report);
  await writeReport(report, { results, checks, database: databaseOf(options) });
  terminal.say(`\nReport    ${placeOf(report)}`);
  terminal.say(`Mail      ${placeOf(folder.file("mail"))}`);
  const most = megabytes(process.resourceUsage().maxRSS * 1_024);
  const alone = megabytes(stage.baselineBytes);
  const there = megabytes(await mailServer.peakBytes());
  terminal.say(
    `Memory    at most ${most} MB, of which ${alone} MB for the program alone; ${there} MB in the mail server`,
  );
  return checks;
}

const megabytes = (bytes: number): string => count(bytes / MEGABYTE);

/** A path as the user would write it from here. */
function placeOf(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}
