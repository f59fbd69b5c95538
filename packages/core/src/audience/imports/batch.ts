/** One batch of an import: its contacts, refusals, memberships and progress in one transaction. */
import type { Unit } from "../../kernel/unit.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { readEmail } from "../addresses/email.ts";
import { cleanLine, storableText, truncated } from "../addresses/text.ts";
import type { ContactInput } from "../contacts/contact.ts";
import { countsOf } from "../contacts/upsert-report.ts";
import { type WriteResult, writeContacts } from "../contacts/write.ts";
import { markChanged } from "../segments/changes.ts";
import { addMembers } from "../segments/members.ts";
import { lockSegment } from "../segments/store.ts";
import type { CheckedOptions, ImportProgress, ImportRefusal } from "./import.ts";
import { insertRefusals, type NewRefusal } from "./refusals.ts";
import type { CellProblem } from "./row-input.ts";
import { advanceImport, type ImportRecord } from "./store.ts";

/** A record on its way: what it says, or why it can't be taken. */
export interface ImportRow {
  readonly row: number;
  readonly line: number;
  readonly input: ContactInput;
  readonly problems: readonly CellProblem[];
  /** The column and value behind a path of the input, for the report. */
  origin(path: readonly (string | number)[]): {
    readonly column: string | null;
    readonly value: string | null;
  };
}

/** What a batch came to. */
export interface BatchResult {
  readonly step: ImportProgress;
  readonly refusals: readonly ImportRefusal[];
}

/** The longest value in a report. */
const MAX_SHOWN = 200;

/** Writes one batch. `from` is the number of rows that were settled before it. */
export async function writeBatch(
  unit: Unit,
  record: Pick<ImportRecord, "id" | "importId">,
  batch: readonly ImportRow[],
  place: { readonly from: number; readonly options: CheckedOptions },
): Promise<BatchResult> {
  const { from, options } = place;
  const accepted = batch.filter(({ problems }) => problems.length === 0);
  const { results } = await writeContacts(
    unit,
    accepted.map(({ input }) => input),
    {
      importId: record.id,
      lenientPhone: true,
      keepWithdrawn: !options.overruleWithdrawals,
      unknownAttributes: options.unknownAttributes,
      onConflict: options.onConflict,
      ...(options.phoneCountry === undefined ? {} : { phoneCountry: options.phoneCountry }),
    },
  );
  if (options.segmentId !== undefined) await join(unit, options.segmentId, results);
  const refusals = [
    ...batch.flatMap((row) => row.problems.map((problem) => refusal(row, problem, "row"))),
    ...accepted.flatMap((row, index) => refusalsOf(row, results[index])),
  ].sort((a, b) => a.row - b.row);
  const counts = countsOf(results);
  const step = {
    ...counts,
    rows: batch.at(-1)?.row ?? from,
    refused: counts.refused + batch.length - accepted.length,
    duplicates: results.filter((result) => "duplicate" in result && result.duplicate).length,
    valuesDropped: refusals.filter(({ effect }) => effect === "value").length,
  };
  await insertRefusals(unit, record.id, refusals);
  if (!(await advanceImport(unit, record.id, from, step))) throw elsewhere(record.importId);
  const { created, updated, unchanged, refused } = step;
  unit.record("contacts.written", {
    subject: { type: "import", id: record.id },
    data: { importId: record.importId, created, updated, unchanged, refused },
  });
  return { step, refusals: refusals.map(({ email: _email, externalId: _externalId, ...told }) => told) };
}

async function join(unit: Unit, segmentId: string, results: readonly WriteResult[]): Promise<void> {
  const contactIds = results.flatMap((result) => ("changed" in result ? [result.contactId] : []));
  const segment = await lockSegment(unit, segmentId);
  const { added } = await addMembers(unit, segment.id, contactIds);
  if (added === 0) return;
  await markChanged(unit, contactIds);
  unit.record("segment.members-changed", {
    subject: { type: "segment", id: segment.id },
    data: { segmentId: segment.id, joined: added, left: 0 },
  });
}

/** What was not taken of a row that was given to be written. */
function refusalsOf(row: ImportRow, result: WriteResult | undefined): readonly NewRefusal[] {
  if (result === undefined) return [];
  const warned = result.warnings.map(({ path, message }) =>
    refusal(row, { ...row.origin(path), reason: message }, "value"),
  );
  if (result.outcome === "refused")
    return result.issues.map(({ path, message }) =>
      refusal(row, { ...row.origin(path), reason: message }, "row"),
    );
  if (result.outcome !== "conflict") return warned;
  const reason = `Not written, because ${result.reason} (${result.otherId}).`;
  return [refusal(row, { ...row.origin(["email"]), reason }, "row")];
}

function refusal(row: ImportRow, problem: CellProblem, effect: ImportRefusal["effect"]): NewRefusal {
  const { email, externalId } = row.input;
  const address = typeof email === "string" ? readEmail(email) : null;
  return {
    row: row.row,
    line: row.line,
    column: problem.column === null ? null : shortened(problem.column),
    value: problem.value === null ? null : shortened(problem.value),
    reason: shortened(problem.reason),
    effect,
    email: address?.outcome === "read" ? address.normalized : null,
    externalId: typeof externalId === "string" ? cleanLine(externalId) : null,
  };
}

/** As a report shows it: all of it comes from the source, the names of columns too. */
function shortened(text: string): string {
  return truncated(storableText(text), MAX_SHOWN);
}

/** Two are at it: the other one has moved on from where this one was. */
function elsewhere(importId: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError(
    "CONFLICT",
    `The import "${importId}" was moved on or ended elsewhere; only one process can run it at a time.`,
    { entity: "import", id: importId, reason: "it is run elsewhere" },
  );
}
