/** Values come back as they went in. */
import { strict as assert } from "node:assert";
import { CampaignKitError, type SqlParameter } from "@campaignkit/core";
import type { Bench } from "../bench.ts";
import type { StorageCase } from "../case.ts";

/** Stores each value in a column of the type and reads them back in order. */
async function roundTrip(
  bench: Bench,
  type: keyof Bench["types"],
  values: readonly SqlParameter[],
): Promise<unknown[]> {
  await bench.run(`CREATE TABLE kept (id ${bench.types.integer} PRIMARY KEY, value ${bench.types[type]})`);
  for (const [index, value] of values.entries()) {
    await bench.run("INSERT INTO kept (id, value) VALUES (?, ?)", [index, value]);
  }
  return bench.column("SELECT value FROM kept ORDER BY id");
}

const TEXTS = [
  "",
  " ",
  "  leading and trailing  ",
  'O\'Brien said "hello" \\ -- ; DROP TABLE kept',
  "line\nline\r\nline\ttab",
  "Grüße, Ærøskøbing, Łódź, İstanbul, ελληνικά, кириллица, 日本語, العربية, עברית",
  "😀 👩‍👩‍👧‍👦 🇪🇺 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎",
  "e\u0301 \u00e9 \ufeff \u200b \u2028 \uffff",
  '{"a":[1,2,{"b":null}]}',
  "null",
  "0012",
  "1e3",
];

const SAFE_INTEGERS = [
  0,
  1,
  -1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32 + 1,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
];

export const CODEC_CASES: readonly StorageCase[] = [
  {
    id: "codec.text-edges",
    title:
      "text comes back character by character: empty, quoted, every script, astral, look-alikes of other types",
    async run(bench) {
      assert.deepEqual(await roundTrip(bench, "text", TEXTS), TEXTS);
    },
  },
  {
    id: "codec.text-megabyte",
    title: "a text of a megabyte comes back whole",
    async run(bench) {
      const long = `${"ä😀x".repeat(200_000)}end`;
      const [back] = await roundTrip(bench, "text", [long]);
      assert.ok(
        back === long,
        `${long.length} characters went in, ${String(back).length} came back, or others.`,
      );
    },
  },
  {
    id: "codec.integers",
    title: "whole numbers come back exactly, to 2^53 - 1 and its negative",
    async run(bench) {
      const back = await roundTrip(bench, "integer", SAFE_INTEGERS);
      assert.deepEqual(back.map(Number), SAFE_INTEGERS);
    },
  },
  {
    id: "codec.integer-bigint",
    title: "a bigint goes in like the number",
    async run(bench) {
      const back = await roundTrip(bench, "integer", [0n, -5n, 9_007_199_254_740_991n]);
      assert.deepEqual(back.map(Number), [0, -5, 9_007_199_254_740_991]);
    },
  },
  {
    id: "codec.integer-beyond-safe",
    title:
      "a whole number beyond 2^53 comes back exactly as text or bigint, or is a StorageError; never rounded",
    async run(bench) {
      await bench.run(`CREATE TABLE big (n ${bench.types.integer})`);
      await bench.run("INSERT INTO big (n) VALUES (9007199254740993)");
      let back: unknown;
      try {
        [back] = await bench.column("SELECT n FROM big");
      } catch (error) {
        assert.ok(
          CampaignKitError.is(error, "STORAGE_FAILED"),
          `must be a StorageError, not ${String(error)}`,
        );
        return;
      }
      assert.notEqual(typeof back, "number", `9007199254740993 came back as the number ${String(back)}.`);
      assert.equal(String(back), "9007199254740993");
    },
  },
  {
    id: "codec.integer-stays-integer",
    title: "a whole number is bound as an integer: it divides and prints as one",
    async run(bench) {
      const cast = bench.family === "postgres" ? "::bigint" : "";
      const { rows } = await bench.run(`SELECT ?${cast} / 2 AS half, '' || ?${cast} AS printed`, [5, 7]);
      assert.deepEqual({ ...rows[0], half: Number(rows[0]?.["half"]) }, { half: 2, printed: "7" });
    },
  },
  {
    id: "codec.fractions",
    title: "fractions come back bit by bit",
    async run(bench) {
      const fractions = [0.1, -1.5, 1e-7, 1 / 3, 123_456.789, 5e-324, 1.797_693_134_862_315_7e308];
      assert.deepEqual(await roundTrip(bench, "real", fractions), fractions);
    },
  },
  {
    id: "codec.bytes",
    title: "bytes come back as a Uint8Array with the same bytes, all 256 of them, and none",
    async run(bench) {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      // A view into a larger buffer must not bring its neighbours along.
      const view = all.subarray(16, 32);
      const back = await roundTrip(bench, "bytes", [all, view, new Uint8Array()]);
      for (const value of back) assert.ok(value instanceof Uint8Array, `came back as ${typeof value}`);
      assert.deepEqual(
        back.map((value) => [...(value as Uint8Array)]),
        [[...all], [...view], []],
      );
    },
  },
  {
    id: "codec.null",
    title: "null is null in every type, and not an empty text or zero",
    async run(bench) {
      const { integer, real, text, bytes } = bench.types;
      await bench.run(`CREATE TABLE blank (a ${integer}, b ${real}, c ${text}, d ${bytes})`);
      await bench.run("INSERT INTO blank (a, b, c, d) VALUES (?, ?, ?, ?)", [null, null, null, null]);
      const { rows } = await bench.run("SELECT a, b, c, d FROM blank");
      assert.deepEqual(
        rows.map((row) => ({ ...row })),
        [{ a: null, b: null, c: null, d: null }],
      );
      assert.equal(await bench.number("SELECT count(*) FROM blank WHERE c IS NULL AND d IS NULL"), 1);
    },
  },
  {
    id: "codec.json-is-text",
    title: "JSON goes in as text and comes back as text, whatever the column's type",
    async run(bench) {
      const value = { name: "Łódź 😀", list: [1, 2.5, null, true], nested: { "": "" } };
      const back = await roundTrip(bench, "json", [JSON.stringify(value), "[]", "null"]);
      for (const text of back) assert.equal(typeof text, "string", `came back as ${JSON.stringify(text)}`);
      assert.deepEqual(
        back.map((text) => JSON.parse(String(text))),
        [value, [], null],
      );
    },
  },
  {
    id: "codec.booleans",
    title: "booleans come back as booleans",
    family: "postgres",
    async run(bench) {
      const { rows } = await bench.run("SELECT ?::boolean AS yes, ?::boolean AS no, 1 = 1 AS sum", [
        true,
        false,
      ]);
      assert.deepEqual({ ...rows[0] }, { yes: true, no: false, sum: true });
    },
  },
  {
    id: "codec.sums",
    title: "counts and sums of whole numbers are numbers, or text and bigint that say the same",
    async run(bench) {
      await bench.run(`CREATE TABLE spent (micros ${bench.types.integer} NOT NULL)`);
      await bench.run("INSERT INTO spent (micros) VALUES (?), (?)", [4_000_000_000_000, 2]);
      const { rows } = await bench.run("SELECT count(*) AS n, sum(micros) AS total FROM spent");
      assert.deepEqual([Number(rows[0]?.["n"]), Number(rows[0]?.["total"])], [2, 4_000_000_000_002]);
    },
  },
];
