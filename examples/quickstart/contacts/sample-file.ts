/**
 * Makes up a contact file such as shops have: exported from a spreadsheet as UTF-16 with semicolons, kept by many hands for years.
 *
 * The same seed writes the same bytes.
 */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Chance, chanceFor, pick } from "../chance.ts";
import { csvLine } from "./csv.ts";
import { drawDirt, REPEATS_PERCENT, type SampleRow } from "./dirt.ts";
import { REGIONS } from "./regions.ts";

/** The columns' headings, in the order of the file. */
export const SAMPLE_COLUMNS: Readonly<Record<keyof SampleRow, string>> = {
  number: "Customer no.",
  email: "E-mail",
  firstName: "First name",
  lastName: "Last name",
  language: "Language",
  timeZone: "Time zone",
  newsletter: "Newsletter?",
  voucher: "Voucher",
  points: "Points",
  since: "Customer since",
  remark: "Remark",
};

const DELIMITER = ";";
const MAIL_HOSTS = ["mail.test", "post.test", "letters.example", "inbox.example"] as const;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2015, 0, 1);
const DAYS = 4_000;

/** Letters of an address: a name as it is pronounced, or the customer's number where it has other letters. */
function mailbox(firstName: string, lastName: string, number: number): string {
  const plain = `${firstName}.${lastName}`
    .normalize("NFD")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z.]/g, "");
  return /[a-z]\.[a-z]/.test(plain) ? `${plain}.${number}` : `customer.${number}`;
}

function cleanRow(number: number, chance: Chance): SampleRow {
  const region = pick(REGIONS, chance);
  const firstName = pick(region.firstNames, chance);
  const lastName = pick(region.lastNames, chance);
  return {
    number: `C-${String(number).padStart(6, "0")}`,
    email: `${mailbox(firstName, lastName, number)}@${pick(MAIL_HOSTS, chance)}`,
    firstName,
    lastName,
    language: region.locale,
    timeZone: region.timeZone,
    newsletter: pick(["yes", "Yes", "y", "1", "TRUE"], chance),
    voucher: `SPRING-${Math.floor(chance() * 36 ** 5)
      .toString(36)
      .toUpperCase()
      .padStart(5, "0")}`,
    points: String(Math.floor(chance() ** 2 * 900)),
    since: new Date(FIRST_DAY + Math.floor(chance() * DAYS) * DAY_MS).toISOString().slice(0, 10),
    remark: "",
  };
}

/** A person who is there already, as somebody else typed it in. */
function repeated(row: SampleRow): SampleRow {
  return { ...row, email: ` ${row.email.toUpperCase()}`, remark: "entered again" };
}

const ORDER = Object.keys(SAMPLE_COLUMNS) as readonly (keyof SampleRow)[];

const cellsOf = (row: SampleRow): readonly string[] => ORDER.map((column) => row[column]);

/** The cells of row `number`, from 1. */
export function sampleCells(seed: number, number: number): readonly string[] {
  const chance = chanceFor(seed, `row ${number}`);
  if (number > 1 && chance() * 100 < REPEATS_PERCENT) {
    const earlier = 1 + Math.floor(chance() * (number - 1));
    return cellsOf(repeated(cleanRow(earlier, chanceFor(seed, `person ${earlier}`))));
  }
  const dirt = drawDirt(chance);
  const clean = cleanRow(number, chanceFor(seed, `person ${number}`));
  const cells = cellsOf(dirt === null ? clean : dirt.soil(clean, chance));
  return dirt?.tear?.(cells) ?? cells;
}

/** Addresses of the file that turned out dead last year. One person in so many. */
const BOUNCED_ONE_IN = 160;

/** The addresses whose mail came back last year. */
export function* formerBounces(seed: number, size: number): Generator<string> {
  for (let number = BOUNCED_ONE_IN; number <= size; number += BOUNCED_ONE_IN)
    yield cleanRow(number, chanceFor(seed, `person ${number}`)).email;
}

function* lines(seed: number, size: number): Generator<Buffer> {
  yield Buffer.from(`\ufeff${csvLine(Object.values(SAMPLE_COLUMNS), DELIMITER)}`, "utf16le");
  for (let number = 1; number <= size; number++)
    yield Buffer.from(csvLine(sampleCells(seed, number), DELIMITER), "utf16le");
}

/** Writes the file. */
export async function writeSampleFile(
  path: string,
  { seed, size }: { readonly seed: number; readonly size: number },
): Promise<void> {
  await pipeline(Readable.from(lines(seed, size)), createWriteStream(path));
}
