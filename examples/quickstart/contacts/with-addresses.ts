/** Gives a CSV without addresses a column of them, record by record, in the memory of one. */
import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { csvLine } from "./csv.ts";

/** The column's name; the engine understands it. */
const COLUMN = "email";
/** In the template, the number of the record, from 1. */
const ROW = "{row}";

/** The same records as CSV with commas, each with an address in front. The file is UTF-8 with commas, as such exports are. */
export async function* withAddresses(
  bytes: AsyncIterable<Uint8Array>,
  template: string,
): AsyncGenerator<string, void, undefined> {
  const parser = parse({ bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  const records: AsyncIterable<string[]> = Readable.from(bytes).compose(parser);
  let row = 0;
  for await (const cells of records) {
    yield csvLine([row === 0 ? COLUMN : template.replaceAll(ROW, String(row)), ...cells], ",");
    row += 1;
  }
}
