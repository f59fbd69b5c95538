/** What is wrong with rows of real contact files, as data: how often, and what it does to a row. */
import { type Chance, pick } from "../chance.ts";

/** A row before it is written, by column. */
export interface SampleRow {
  readonly number: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: string;
  readonly timeZone: string;
  /** What the person answered to "May we write to you?" */
  readonly newsletter: string;
  readonly voucher: string;
  readonly points: string;
  readonly since: string;
  readonly remark: string;
}

/** One kind of dirt. */
export interface Dirt {
  /** Of a hundred rows. */
  readonly percent: number;
  /** The row with it on. */
  readonly soil: (row: SampleRow, chance: Chance) => SampleRow;
  /** What happens to the cells after that, where a row has too few or too many. */
  readonly tear?: (cells: readonly string[]) => readonly string[];
}

const BAD_ADDRESSES = [
  "no at sign",
  "two@@signs.test",
  "@nobody.test",
  "blank in@address.test",
  "trailing.dot.@mail.test",
  "ann@-hyphen-.test",
  "ann@mail.test, bob@mail.test",
  "Ann <ann",
] as const;

/** Names that try to become headers, templates, markup or formulas. */
const ATTACKS = [
  "Eve\r\nBcc: everybody@victim.test",
  "Eve\nX-Injected: yes",
  "{{ contact.email }}",
  "{% for i in (1..99999999) %}x{% endfor %}",
  "<script>alert(1)</script>",
  '=HYPERLINK("https://evil.test")',
] as const;

const NBSP = "\u00a0";

/** The kinds there are, apart from rows that repeat an earlier one. */
const DIRT = {
  "bad address": { percent: 2.2, soil: (row, chance) => ({ ...row, email: pick(BAD_ADDRESSES, chance) }) },
  "no address": { percent: 0.6, soil: (row) => ({ ...row, email: "" }) },
  "no consent": {
    percent: 5.5,
    soil: (row, chance) => ({ ...row, newsletter: pick(["", "no", "unknown"], chance) }),
  },
  "no first name": { percent: 1.5, soil: (row) => ({ ...row, firstName: "" }) },
  "no voucher": { percent: 1.2, soil: (row) => ({ ...row, voucher: "" }) },
  "number that is none": { percent: 0.6, soil: (row) => ({ ...row, points: "a lot" }) },
  "line break in quotes": {
    percent: 0.8,
    soil: (row) => ({ ...row, remark: 'Said:\r\n"Call me,\r\nafter six"; then hung up' }),
  },
  "hard blanks": {
    percent: 1,
    soil: (row) => ({
      ...row,
      email: `${NBSP}${row.email} `,
      firstName: `${NBSP}${row.firstName}${NBSP}`,
      newsletter: ` ${row.newsletter}${NBSP}`,
    }),
  },
  emoji: { percent: 1, soil: (row) => ({ ...row, firstName: `${row.firstName} 👩‍🚀🎉` }) },
  attack: { percent: 0.6, soil: (row, chance) => ({ ...row, firstName: pick(ATTACKS, chance) }) },
  "too few cells": { percent: 0.4, soil: (row) => row, tear: (cells) => cells.slice(0, 4) },
  "too many cells": {
    percent: 0.4,
    soil: (row) => row,
    tear: (cells) => [...cells, "left over", "from a formula"],
  },
} as const satisfies Readonly<Record<string, Dirt>>;

/** Of a hundred rows, how many are an earlier person again, spelled otherwise. */
export const REPEATS_PERCENT = 3.5;

/** What is wrong with a row; `null`: nothing. */
export function drawDirt(chance: Chance): Dirt | null {
  let left = chance() * 100;
  for (const dirt of Object.values<Dirt>(DIRT)) {
    left -= dirt.percent;
    if (left < 0) return dirt;
  }
  return null;
}
