/** Fields as RFC 822 writes them (`Name: value`, folded), in the parts of reports and in quoted headers. */

/** Fields of one block: by lower-case name, in order, unfolded. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** What an honest report has at most; the rest is not read. */
const MAX_FIELDS = 500;
const MAX_VALUE = 4_000;
const FIELD = /^([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)$/;

/** Reads one block of fields. Lines that are none are passed over. */
export function readFields(block: string): Fields {
  const fields = new Map<string, string[]>();
  let last: string[] | null = null;
  let count = 0;
  for (const line of block.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      const folded = last?.pop();
      if (folded !== undefined) last?.push(`${folded} ${line.trim()}`.slice(0, MAX_VALUE));
      continue;
    }
    const match = FIELD.exec(line.slice(0, MAX_VALUE));
    last = null;
    if (match === null || count >= MAX_FIELDS) continue;
    count += 1;
    const [, name = "", value = ""] = match;
    last = fields.get(name.toLowerCase()) ?? [];
    fields.set(name.toLowerCase(), last);
    last.push(value.trim());
  }
  return fields;
}

/** Reads the blocks of fields that empty lines set apart, so many at most. */
export function readBlocks(text: string, most: number): readonly Fields[] {
  return text
    .split(/\r?\n(?:[ \t]*\r?\n)+/, most)
    .map(readFields)
    .filter(({ size }) => size > 0);
}

/** The first value of that name; empty when there is none. */
export function fieldOf(fields: Fields, name: string): string {
  return fields.get(name)?.[0] ?? "";
}

/** The address in a field of the form `rfc822; ann@example.com` (RFC 3464, 2.1.2); `null` when it holds none. */
export function typedAddress(value: string): string | null {
  const address = value
    .slice(value.indexOf(";") + 1)
    .trim()
    .replace(/^<(.*)>$/, "$1");
  return /^[^\s<>@]+@[^\s<>@]+$/.test(address) ? address : null;
}
