import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { UNKNOWN_ZONE } from "./regions.ts";
import { formerBounces, SAMPLE_COLUMNS, sampleCells, writeSampleFile } from "./sample-file.ts";

const SIZE = 2_000;
const rows = Array.from({ length: SIZE }, (_, index) => sampleCells(1, index + 1));
const columns = Object.keys(SAMPLE_COLUMNS);
const column = (name: keyof typeof SAMPLE_COLUMNS): readonly string[] =>
  rows.filter(({ length }) => length === columns.length).map((cells) => cells[columns.indexOf(name)] ?? "");

it("holds eleven time zones, one of which does not exist", () => {
  const zones = new Set(column("timeZone"));
  expect(zones.size).toBe(11);
  expect(zones).toContain(UNKNOWN_ZONE);
});

it("holds the dirt of real files: repetitions, bad and missing addresses, missing consent, torn rows, attacks", () => {
  const addresses = column("email").map((address) => address.trim().toLowerCase());
  expect(addresses.length - new Set(addresses).size).toBeGreaterThan(SIZE * 0.02);
  expect(addresses.filter((address) => !/^[^@\s]+@[^@\s]+$/.test(address)).length).toBeGreaterThan(20);
  expect(column("newsletter").filter((word) => /^(?:no|unknown|)$/.test(word)).length).toBeGreaterThan(50);
  expect(rows.filter(({ length }) => length !== columns.length).length).toBeGreaterThan(5);
  expect(column("firstName").some((name) => name.includes("\nBcc:"))).toBe(true);
  expect(column("firstName").some((name) => name.includes("🎉"))).toBe(true);
  expect(column("remark").some((remark) => remark.includes("\n"))).toBe(true);
});

it("is the same for the same seed, and another for another", () => {
  expect(sampleCells(1, 17)).toEqual(rows[16]);
  expect(sampleCells(2, 17)).not.toEqual(rows[16]);
});

it("names addresses of the file that came back last year", () => {
  const addresses = new Set(column("email").map((address) => address.trim().toLowerCase()));
  const bounced = [...formerBounces(1, SIZE)];
  expect(bounced).toHaveLength(12);
  expect(bounced.filter((address) => addresses.has(address)).length).toBeGreaterThan(6);
});

it("is written as a spreadsheet does: UTF-16 with a byte order mark, semicolons, and what needs it in quotes", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "sample-"));
  try {
    const file = path.join(folder, "contacts.csv");
    await writeSampleFile(file, { seed: 1, size: SIZE });
    const bytes = await readFile(file);
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xfe]);
    const text = bytes.toString("utf16le");
    expect(text).toMatch(/^\ufeffCustomer no\.;E-mail;/);
    expect(text).toContain('"Said:\r\n""Call me,\r\nafter six""; then hung up"');
    await writeSampleFile(file, { seed: 1, size: SIZE });
    expect(await readFile(file)).toEqual(bytes);
  } finally {
    await rm(folder, { recursive: true });
  }
});
