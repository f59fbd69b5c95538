import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRecords, delimiterOf } from "./csv-records.ts";
import { jsonArrayRecords, jsonLineRecords } from "./json-records.ts";
import type { SourceRecord } from "./source-record.ts";

async function* cut(text: string, size: number): AsyncGenerator<string, void, undefined> {
  for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
}

async function csv(text: string, options: { delimiter?: string; header?: boolean; size?: number } = {}) {
  const { size = 1_000, header = true, ...rest } = options;
  const records: SourceRecord[] = [];
  for await (const record of csvRecords(cut(text, size), { header, ...rest })) records.push(record);
  return records.map((record) => [
    record.row,
    record.line,
    record.kind === "cells" ? record.cells : record.kind,
  ]);
}

async function json(read: typeof jsonArrayRecords, text: string, size = 1_000) {
  const records: SourceRecord[] = [];
  for await (const record of read(cut(text, size))) records.push(record);
  return records.map((record) => [
    record.row,
    record.line,
    record.kind === "object" ? record.value : record.kind,
  ]);
}

describe("CSV records", () => {
  it("AUD-1: quoted line breaks, blank lines and ragged rows keep their line numbers", async () => {
    const text = 'a,b\n\n1,"x\ny\n"\n\n2\n3,4,5\n6,"say ""hi"""\n';
    for (const size of [1, 3, 1_000])
      expect(await csv(text, { size })).toEqual([
        [0, 1, ["a", "b"]],
        [1, 3, ["1", "x\ny\n"]],
        [2, 7, ["2"]],
        [3, 8, ["3", "4", "5"]],
        [4, 9, ["6", 'say "hi"']],
      ]);
  });

  it("AUD-1: a quote inside a value is a quote, and a file may end without a line break or be empty", async () => {
    expect(await csv('a,b\n5" disk,x')).toEqual([
      [0, 1, ["a", "b"]],
      [1, 2, ['5" disk', "x"]],
    ]);
    expect(await csv("")).toEqual([]);
    expect(await csv("a\n", { header: false })).toEqual([[1, 1, ["a"]]]);
  });

  it("AUD-1: the delimiter is found in the header, quoted text left out", async () => {
    expect(delimiterOf('"a,b,c";d;e\n1,2,3,4,5')).toBe(";");
    expect(delimiterOf("a\tb,c\td")).toBe("\t");
    expect(delimiterOf("email")).toBe(",");
    expect(await csv("a;b\n1,5;2\n")).toEqual([
      [0, 1, ["a", "b"]],
      [1, 2, ["1,5", "2"]],
    ]);
  });

  it("AUD-1: a quote that is never closed ends the reading at its line", async () => {
    await expect(csv('a,b\n1,2\n3,"4\n5,6\n')).rejects.toMatchObject({ line: 3 });
    await expect(csv(`a,b\n1,"${"x\n".repeat(600_000)}`)).rejects.toMatchObject({ line: 2 });
  });

  it("AUD-1: what a writer of CSV writes is read as it was, with the line that each record begins in", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", "ü", "😀", ",", ";", '"', "\n", " ", "'") });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        async (rows, size) => {
          const text = stringify(rows, { quoted: true });
          let line = 1;
          const expected = rows.map((cells, index) => {
            const at = line;
            line += 1 + (cells.join("").split("\n").length - 1);
            return [index + 1, at, cells];
          });
          expect(await csv(text, { header: false, delimiter: ",", size })).toEqual(expected);
        },
      ),
    );
  });
});

describe("JSON records", () => {
  it("AUD-1: one object a line; a bad line is refused by itself", async () => {
    const text = '{"a":1}\n\n{"a":\n  [1]\n"x"';
    for (const size of [1, 4, 100])
      expect(await json(jsonLineRecords, text, size)).toEqual([
        [1, 1, { a: 1 }],
        [2, 3, "broken"],
        [3, 4, [1]],
        [4, 5, "x"],
      ]);
  });

  it("AUD-1: the elements of an array come one by one; a bad one is refused by itself", async () => {
    const text = ' [\n{"a": "]},[{\\"", "b": [1,{"c":2}]},\n\n 2, {"a": nope},\n null\n,\n] \n';
    for (const size of [1, 4, 100])
      expect(await json(jsonArrayRecords, text, size)).toEqual([
        [1, 2, { a: ']},[{"', b: [1, { c: 2 }] }],
        [2, 4, 2],
        [3, 4, "broken"],
        [4, 5, null],
      ]);
    expect(await json(jsonArrayRecords, "[]")).toEqual([]);
  });

  it("AUD-1: what is no whole array ends the reading", async () => {
    await expect(json(jsonArrayRecords, '{"a":1}')).rejects.toMatchObject({ line: 1 });
    await expect(json(jsonArrayRecords, '[{"a":1},\n{"b":')).rejects.toMatchObject({ line: 2 });
    await expect(json(jsonArrayRecords, "[1]\n[2]")).rejects.toMatchObject({ line: 2 });
    await expect(json(jsonArrayRecords, " \n")).rejects.toMatchObject({ line: 1 });
  });

  it("AUD-1: any array of any values is read as JSON.parse reads it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(0, 2),
        async (values, size, indent) => {
          const text = JSON.stringify(values, null, indent);
          const read = await json(jsonArrayRecords, text, size);
          expect(read.map(([, , value]) => value)).toEqual(JSON.parse(text));
        },
      ),
    );
  });
});
