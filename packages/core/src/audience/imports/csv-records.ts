/** Records of CSV text (RFC 4180, and what spreadsheets make of it). */
import { type Parser, parse } from "csv-parse";
import { MAX_RECORD_CHARACTERS, SourceBroken, type SourceRecord } from "./source-record.ts";

const DELIMITERS = [",", ";", "\t", "|"];

/** Reads CSV. The first record comes as row 0 unless `header` says that there is none; blank lines are passed over. */
export async function* csvRecords(
  text: AsyncIterable<string>,
  options: { readonly delimiter?: string; readonly header: boolean },
): AsyncGenerator<SourceRecord, void, undefined> {
  const { pieces, delimiter } = await withDelimiter(text, options.delimiter);
  // Taken from the parser as they are found, not from its stream, which would drop what it holds when it breaks.
  const found: string[][] = [];
  const parser = parse({
    delimiter,
    record_delimiter: "\n",
    relax_column_count: true,
    // A quote inside an unquoted value is a quote; so is one that something other than a delimiter follows.
    relax_quotes: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    on_record: (cells: string[]) => {
      found.push(cells);
      return null;
    },
  });
  let row = options.header ? 0 : 1;
  let line = 1;
  const taken = function* (): Generator<SourceRecord, void, undefined> {
    for (const cells of found.splice(0)) {
      const blank = cells.length === 1 && cells[0] === "";
      if (!blank) yield { kind: "cells", row: row++, line, cells };
      line += 1 + cells.reduce((breaks, cell) => breaks + breaksIn(cell), 0);
    }
  };
  const feed = feeder(parser);
  try {
    for await (const buffer of buffersOf(pieces)) {
      const failure = await feed(buffer);
      yield* taken();
      if (failure !== null) throw broken(failure, line);
    }
    const failure = await feed(null);
    yield* taken();
    if (failure !== null) throw broken(failure, line);
  } finally {
    parser.destroy();
  }
}

/** Hands pieces to the parser; `null` is the end. Resolves, when the piece is parsed, to what it objected to. */
function feeder(parser: Parser): (buffer: Buffer | null) => Promise<Error | null> {
  let failure: Error | null = null;
  const ended = new Promise<void>((resolve) => {
    parser.once("close", resolve);
  });
  parser.on("error", (error) => {
    failure = error;
  });
  // Nothing comes out this way; it must flow to come to its end.
  parser.resume();
  return async (buffer) => {
    if (buffer === null) {
      parser.end();
      await ended;
    } else await new Promise<void>((resolve) => parser.write(buffer, () => resolve()));
    return failure ?? parser.errored;
  };
}

/** What the parser objects to. Anything else is the source's own failure. */
function broken(error: unknown, line: number): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "CSV_QUOTE_NOT_CLOSED")
    return new SourceBroken(line, "A quote opens in this row and is never closed.", { cause: error });
  if (code === "CSV_MAX_RECORD_SIZE") {
    const reason = `This row is longer than ${MAX_RECORD_CHARACTERS} characters; most likely a quote in it is never closed.`;
    return new SourceBroken(line, reason, { cause: error });
  }
  return error;
}

/** As UTF-8, with the halves of a character that a cut has parted put together. */
async function* buffersOf(pieces: AsyncIterable<string>): AsyncGenerator<Buffer, void, undefined> {
  let half = "";
  for await (const piece of pieces) {
    const text = half + piece;
    half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? "";
    const whole = text.slice(0, text.length - half.length);
    if (whole !== "") yield Buffer.from(whole);
  }
  if (half !== "") yield Buffer.from(half);
}

function breaksIn(cell: string): number {
  let count = 0;
  for (let at = cell.indexOf("\n"); at >= 0; at = cell.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Reads on until the first line is there, and takes the delimiter that it has most of. */
async function withDelimiter(
  text: AsyncIterable<string>,
  given: string | undefined,
): Promise<{ readonly pieces: AsyncIterable<string>; readonly delimiter: string }> {
  if (given !== undefined) return { pieces: text, delimiter: given };
  const iterator = text[Symbol.asyncIterator]();
  let head = "";
  let done = false;
  while (!done && !head.trimStart().includes("\n") && head.length < MAX_RECORD_CHARACTERS) {
    const next = await iterator.next();
    if (next.done) done = true;
    else head += next.value;
  }
  const rest = { [Symbol.asyncIterator]: () => iterator };
  async function* pieces(): AsyncGenerator<string, void, undefined> {
    yield head;
    if (!done) yield* rest;
  }
  return { pieces: pieces(), delimiter: delimiterOf(head) };
}

/** The likeliest delimiter of a header: the one that stands in it most often, quoted text left out. */
export function delimiterOf(head: string): string {
  const line =
    head
      .trimStart()
      .split("\n", 1)[0]
      ?.replace(/"(?:[^"]|"")*"/g, "") ?? "";
  const count = (delimiter: string): number => line.split(delimiter).length - 1;
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best));
}
