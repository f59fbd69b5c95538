/** Records of any source. */
import { csvRecords } from "./csv-records.ts";
import type { CheckedOptions, ImportSource } from "./import.ts";
import { jsonArrayRecords, jsonLineRecords } from "./json-records.ts";
import type { SourceRecord } from "./source-record.ts";
import { readText, type TextSource } from "./text-source.ts";

/** Reads the source record by record, in the memory of one. The first record of a CSV with a header is row 0. */
export function readRecords(source: ImportSource, options: CheckedOptions): AsyncIterable<SourceRecord> {
  if (options.format === "objects") return objectRecords(source as Iterable<object> | AsyncIterable<object>);
  const text = readText(source as TextSource, options.encoding);
  switch (options.format) {
    case "csv": {
      const header = options.header === undefined;
      return csvRecords(
        text,
        options.delimiter === undefined ? { header } : { header, delimiter: options.delimiter },
      );
    }
    case "json":
      return jsonArrayRecords(text);
    case "jsonl":
      return jsonLineRecords(text);
  }
}

async function* objectRecords(
  source: Iterable<object> | AsyncIterable<object>,
): AsyncGenerator<SourceRecord, void, undefined> {
  let row = 0;
  for await (const value of source) {
    row += 1;
    yield { kind: "object", row, line: row, value };
  }
}
