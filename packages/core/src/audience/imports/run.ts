/** Runs an import: reads on, writes batch by batch, and knows at each moment where it would go on. */
import type { Scope } from "../../kernel/scope.ts";
import { parse, requireId, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { addressHash, requireSalt } from "../addresses/hash.ts";
import { truncated } from "../addresses/text.ts";
import { attributeTypes } from "../attributes/store.ts";
import { consentsAhead } from "../consents/consent.ts";
import { whileKeysSettle } from "../contacts/key-races.ts";
import { topicKeys } from "../preferences/topics-store.ts";
import { assertStatic } from "../segments/edit.ts";
import { lockSegment } from "../segments/store.ts";
import { type ImportRow, writeBatch } from "./batch.ts";
import {
  type CheckedOptions,
  type ImportOptions,
  type ImportProgress,
  type ImportReport,
  type ImportSource,
  optionsSchema,
} from "./import.ts";
import { readRecords } from "./records.ts";
import { RowReader } from "./rows.ts";
import { SourceBroken, type SourceRecord } from "./source-record.ts";
import { beginImport, endImport, findImport, type ImportRecord, markSource, toImport } from "./store.ts";
import { untilAborted } from "./until-aborted.ts";

/** The longest error that is kept. */
const MAX_ERROR = 500;
/** Enough of the first record to know the source again. */
const MAX_FINGERPRINTED = 10_000;

/**
 * Imports contacts. Each batch is a transaction of its own that also moves the import on, so that a crash loses nothing and repeats nothing.
 *
 * @throws {VALIDATION_FAILED} for options or a header that can't be, and a source that breaks off. {CONFLICT} when the source is another
 * one than before, or another process runs the same import. {NOT_FOUND} for the segment. What the source throws is thrown on.
 */
export async function runImport(
  scope: Scope,
  source: ImportSource,
  options: ImportOptions,
): Promise<ImportReport> {
  const checked = parse(optionsSchema, options, "import");
  const ahead = consentsAhead(scope.kernel.runtime.clock.now(), checked.consents);
  if (ahead.length > 0) throw validationError("import", ahead);
  const key = checked.importId ?? scope.kernel.runtime.ids.next();
  const record = await scope.write("audience:write", async (unit) => {
    if (checked.segmentId !== undefined)
      assertStatic(await lockSegment(unit, requireId("segment", checked.segmentId)));
    const begun = await beginImport(unit, key);
    if (begun.state === "running")
      unit.record("import.started", {
        subject: { type: "import", id: begun.id },
        data: { importId: key, resumedAfter: begun.rows },
      });
    return begun;
  });
  if (record.state === "finished")
    return { ...toImport(record), resumedAfter: record.rows, ignoredColumns: [] };
  const run = new ImportRun(scope, record, checked);
  try {
    return await run.over(source);
  } catch (error) {
    // Whoever else runs it goes on with it; every other failure ends it, until it is called again.
    if (!CampaignKitError.is(error, "CONFLICT")) await run.end("failed", error);
    throw error instanceof SourceBroken ? sourceError(error) : error;
  }
}

/** One run of an import. */
class ImportRun {
  readonly #scope: Scope;
  readonly #record: ImportRecord;
  readonly #options: CheckedOptions;
  #progress: ImportProgress;

  constructor(scope: Scope, record: ImportRecord, options: CheckedOptions) {
    this.#scope = scope;
    this.#record = record;
    this.#options = options;
    this.#progress = record;
  }

  async over(source: ImportSource): Promise<ImportReport> {
    const { signal, batchSize } = this.#options;
    const { workspaceId } = this.#scope;
    const known = await this.#scope.read("audience:write", async (db) => ({
      types: await attributeTypes(db, workspaceId),
      topics: await topicKeys(db, workspaceId),
    }));
    const reader = new RowReader(this.#options, known, this.#record.importId);
    let batch: ImportRow[] = [];
    for await (const record of untilAborted(readRecords(source, this.#options), signal)) {
      const row = reader.read(record);
      if (record.row === 1) await this.#recognize(record);
      if (row === null || row.row <= this.#record.rows) continue;
      batch.push(row);
      if (batch.length < batchSize) continue;
      await this.#write(batch);
      batch = [];
    }
    if (signal?.aborted) return this.#report("stopped", reader);
    if (batch.length > 0) await this.#write(batch);
    return this.#report("finished", reader);
  }

  async #write(batch: readonly ImportRow[]): Promise<void> {
    const place = { from: this.#progress.rows, options: this.#options };
    const { step, refusals } = await whileKeysSettle(() =>
      this.#scope.write("audience:write", (unit) => writeBatch(unit, this.#record, batch, place)),
    );
    const before = this.#progress;
    this.#progress = {
      rows: step.rows,
      created: before.created + step.created,
      updated: before.updated + step.updated,
      unchanged: before.unchanged + step.unchanged,
      duplicates: before.duplicates + step.duplicates,
      refused: before.refused + step.refused,
      valuesDropped: before.valuesDropped + step.valuesDropped,
    };
    if (this.#options.onRefusal !== undefined)
      for (const refusal of refusals) await this.#options.onRefusal(refusal);
    await this.#options.onProgress?.(this.#progress);
  }

  /** Makes sure that an import goes on with the source that it began with. */
  async #recognize(first: SourceRecord): Promise<void> {
    const { kind } = first;
    const text =
      kind === "cells"
        ? JSON.stringify(first.cells)
        : kind === "broken"
          ? first.text
          : JSON.stringify(first.value);
    await this.#scope.write("audience:write", async (unit) => {
      const salt = await requireSalt(unit);
      const fingerprint = addressHash(salt, "source", (text ?? "").slice(0, MAX_FINGERPRINTED));
      if (this.#record.fingerprint === null) return markSource(unit, this.#record.id, fingerprint);
      if (this.#record.fingerprint === fingerprint) return;
      const { importId } = this.#record;
      throw new CampaignKitError(
        "CONFLICT",
        `The import "${importId}" began with another source: its first record differs. Give that one, or another importId.`,
        { entity: "import", id: importId, reason: "its source is another one" },
      );
    });
  }

  async #report(state: "finished" | "stopped", reader: RowReader): Promise<ImportReport> {
    await this.end(state);
    const { workspaceId } = this.#scope;
    const record = await this.#scope.read("audience:write", (db) =>
      findImport(db, workspaceId, this.#record.importId),
    );
    if (record === null) throw new Error("An import that was run is there.");
    return { ...toImport(record), resumedAfter: this.#record.rows, ignoredColumns: reader.ignored };
  }

  async end(state: "finished" | "stopped" | "failed", error?: unknown): Promise<void> {
    const { id, importId } = this.#record;
    const { rows, created, updated, unchanged, refused } = this.#progress;
    const reason = error instanceof Error ? truncated(error.message, MAX_ERROR) : undefined;
    await this.#scope.write("audience:write", async (unit) => {
      await endImport(unit, id, { state, ...(reason === undefined ? {} : { error: reason }) });
      unit.record("import.ended", {
        subject: { type: "import", id },
        data: { importId, state, rows, created, updated, unchanged, refused },
      });
    });
  }
}

function sourceError(broken: SourceBroken): CampaignKitError<"VALIDATION_FAILED"> {
  return new CampaignKitError(
    "VALIDATION_FAILED",
    `The source can't be read on. ${broken.message} What came before is imported; mend the source and import it again.`,
    { subject: "import", issues: [{ path: ["source", broken.line], message: broken.message }] },
    { cause: broken },
  );
}
