/** The first step: the contact file comes into the workspace. */
import { access, constants, rename } from "node:fs/promises";
import type { ImportRefusal } from "@campaignkit/core";
import type { OwnFile } from "./arguments.ts";
import { formerBounces, writeSampleFile } from "./contacts/sample-file.ts";
import { type ContactSource, ownSource, SAMPLE_ATTRIBUTES, sampleSource } from "./contacts/source.ts";
import type { ShopWorkspace } from "./engine.ts";
import type { Stage } from "./stage.ts";
import { count, plural } from "./terminal.ts";

/** The import's name in the workspace: calling again with it goes on where it was. */
const IMPORT_ID = "contacts";
const PAGE = 500;
/** Refusals that are looked at for the summary. A file with more is not worth counting further. */
const COUNTED_REFUSALS = 10_000;
const SHOWN_REASONS = 6;

/** Imports the contacts. Goes on where an interrupted import was, and does nothing where it was done. */
export async function importStep(stage: Stage): Promise<void> {
  const { shop, terminal, signal, options } = stage;
  const { source, options: reading } =
    options.contacts === null ? await sample(stage) : await own(options.contacts);
  const line = terminal.moving("rows imported");
  const report = await shop.contacts.import(source, {
    format: "csv",
    importId: IMPORT_ID,
    ...reading,
    signal,
    onProgress: ({ rows }) => line.update(rows, options.contacts === null ? options.size : null),
  });
  signal.throwIfAborted();
  const { rows, created, duplicates, refused, valuesDropped } = report;
  terminal.say(
    `Contacts  ${plural(rows, "row")} read: ${plural(created, "person", "people")}, ${plural(duplicates, "repetition")}, ` +
      `${plural(refused, "row")} refused, ${plural(valuesDropped, "value")} left out`,
  );
  for (const [reason, times] of await reasonsOf(shop))
    terminal.say(`  ${count(times).padStart(6)}  ${reason}`);
}

async function sample({ folder, options: { seed, size }, shop }: Stage): Promise<ContactSource> {
  const path = folder.file("contacts.csv");
  if (!(await exists(path))) {
    await writeSampleFile(`${path}.new`, { seed, size });
    await rename(`${path}.new`, path);
  }
  for (const attribute of SAMPLE_ATTRIBUTES) await shop.attributes.define(attribute);
  for (const address of formerBounces(seed, size))
    await shop.suppressions.add({
      channel: "email",
      address,
      reason: "hard-bounce",
      source: "last year's list",
    });
  return sampleSource(path);
}

/** @throws {Error} when the file can't be read */
async function own(file: OwnFile): Promise<ContactSource> {
  if (!(await exists(file.path)))
    throw new Error(`--contacts ${file.path} can't be read. Is the path right, seen from ${process.cwd()}?`);
  return ownSource(file);
}

/** Whether there is such a file that can be read. */
function exists(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** The commonest reasons of what was not taken. */
async function reasonsOf(shop: ShopWorkspace): Promise<readonly (readonly [string, number])[]> {
  const times = new Map<string, number>();
  let seen = 0;
  for (let cursor: string | null = null; seen < COUNTED_REFUSALS; ) {
    const page = await shop.contacts.imports.refusals(IMPORT_ID, { limit: PAGE, cursor });
    for (const refusal of page.items) times.set(wordsOf(refusal), (times.get(wordsOf(refusal)) ?? 0) + 1);
    seen += page.items.length;
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN_REASONS);
}

const wordsOf = ({ column, reason }: ImportRefusal): string =>
  column === null ? reason : `${column}: ${reason}`;
