/** An import of contacts: what is asked, and what is told. */
import { z } from "zod";
import { isPhoneCountry } from "../addresses/phone.ts";
import { storableText } from "../addresses/text.ts";
import type { ConsentInput } from "../consents/consent.ts";
import { consentSchema } from "../consents/consent.ts";
import type { ContactWriteOptions } from "../contacts/contact.ts";
import { type ColumnMapping, mappingSchema } from "./columns.ts";
import { ENCODINGS, type Encoding, type TextSource } from "./text-source.ts";

/** Where contacts come from: text or bytes for `csv`, `json` and `jsonl`; objects for `objects`. Streams are read as they are needed. */
export type ImportSource = TextSource | Iterable<object> | AsyncIterable<object>;

/** How a source is read and written. */
export interface ImportOptions extends ContactWriteOptions {
  /** `json`: one array of objects. `jsonl`: one object a line. `objects`: an iterable of objects. */
  readonly format: "csv" | "json" | "jsonl" | "objects";
  /**
   * The import's name, up to 200 characters. Calling again with the same name and source goes on where it was, and does nothing once it is
   * finished. A new one is made when absent; the report tells it.
   */
  readonly importId?: string;
  /**
   * What becomes of each column (CSV) or key. When absent, CSV columns are understood by their names (`email`, `First name`, the names of
   * attributes, `consent:email:marketing`, `topic:offers` …), and objects are taken to be made like the input of `contacts.upsert`.
   */
  readonly columns?: ColumnMapping;
  /**
   * What becomes of CSV columns that `columns` does not name: `ignore` (the default), or `guess` what they are by their names, as without
   * `columns`.
   */
  readonly otherColumns?: "ignore" | "guess";
  /** The column names of a CSV without a header. */
  readonly header?: readonly string[];
  /** The delimiter of CSV; found out when absent. */
  readonly delimiter?: string;
  /** The encoding of bytes; found out when absent. */
  readonly encoding?: Encoding;
  /** Consents that every row states, but where a column of the row says otherwise. */
  readonly consents?: readonly ConsentInput[];
  /** Whether an import may take back a withdrawal, or an opt-out of a topic. `false` when absent: they stand, whatever a file says. */
  readonly overruleWithdrawals?: boolean;
  /** What an empty value does: `keep` (the default) what is known, or `clear` it. */
  readonly emptyValues?: "keep" | "clear";
  /** A static segment that everyone in the source is added to. */
  readonly segmentId?: string;
  /** Rows in one transaction, 1 to 1,000; 500 when absent. */
  readonly batchSize?: number;
  /** Ends the import after the batch that is under way; it can go on later. */
  readonly signal?: AbortSignal;
  /** Called for everything that was not taken, after its batch is committed. A crash in between can leave calls out: `refusals` has all. */
  readonly onRefusal?: (refusal: ImportRefusal) => unknown;
  /** Called after each batch. A returned promise is waited for. */
  readonly onProgress?: (progress: ImportProgress) => unknown;
}

/** What was not taken, and why. */
export interface ImportRefusal {
  /** Which record of the source, from 1. */
  readonly row: number;
  /** Where the record begins; for objects the same as `row`. */
  readonly line: number;
  /** The column, where one is to blame. */
  readonly column: string | null;
  /** The value, at most 200 characters of it. */
  readonly value: string | null;
  readonly reason: string;
  /** `row`: nothing of the row was written. `value`: all but this value was. */
  readonly effect: "row" | "value";
}

/** How far an import is. */
export interface ImportProgress {
  /** Records read and settled, those of earlier runs included. */
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Of the updated and unchanged: rows whose contact an earlier row of the same source had written. */
  readonly duplicates: number;
  /** Rows of which nothing was written. */
  readonly refused: number;
  /** Values that were left out of rows that were written. */
  readonly valuesDropped: number;
}

/** Where an import stands. `stopped`: by its signal. `failed`: the source or the database broke. Both can go on. */
export type ImportState = "running" | "finished" | "stopped" | "failed";

/** An import, as far as it is. */
export interface Import extends ImportProgress {
  readonly importId: string;
  readonly state: ImportState;
  /** Why it failed. */
  readonly error: string | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
}

/** What an import came to. */
export interface ImportReport extends Import {
  /** Rows that earlier runs of the same import had settled. */
  readonly resumedAfter: number;
  /** Columns that nothing was made of, though nobody said so. */
  readonly ignoredColumns: readonly string[];
}

/** The shape of the options, but for what only a program can check. */
export const optionsSchema = z.strictObject({
  format: z.enum(["csv", "json", "jsonl", "objects"]),
  importId: z.string().overwrite(storableText).min(1).max(200).optional(),
  columns: mappingSchema.optional(),
  otherColumns: z.enum(["ignore", "guess"]).default("ignore"),
  header: z.array(z.string()).min(1).optional(),
  delimiter: z.string().min(1).max(5).optional(),
  encoding: z.enum(ENCODINGS).default("auto"),
  consents: z.array(consentSchema).max(20).default([]),
  overruleWithdrawals: z.boolean().default(false),
  emptyValues: z.enum(["keep", "clear"]).default("keep"),
  segmentId: z.string().optional(),
  batchSize: z.int().min(1).max(1_000).default(500),
  unknownAttributes: z.enum(["refuse", "define"]).default("refuse"),
  onConflict: z.enum(["refuse", "merge"]).default("refuse"),
  phoneCountry: z
    .string()
    .refine(isPhoneCountry, { error: "Give a country as two capital letters, such as DE." })
    .optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal).optional(),
  onRefusal: z
    .custom<NonNullable<ImportOptions["onRefusal"]>>((value) => typeof value === "function")
    .optional(),
  onProgress: z
    .custom<NonNullable<ImportOptions["onProgress"]>>((value) => typeof value === "function")
    .optional(),
});

/** Checked options. */
export type CheckedOptions = z.output<typeof optionsSchema>;
