/** Text as it may enter the database: well-formed, composed alike, and without what can't be seen. Pure. */

// PostgreSQL stores no U+0000; the other controls, the byte order mark and the marks that turn writing direction have no place in a name.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it removes
const UNWANTED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\u202a-\u202e\u2066-\u2069]/g;
// Zero-width joiners mean something inside a word (Persian, emoji), and nothing at its edges.
const EDGES = /^[\s\u00ad\u200b-\u200d\u2060]+|[\s\u00ad\u200b-\u200d\u2060]+$/gu;

/** Text that both databases store and compare alike: no lone surrogates, no U+0000, composed (NFC). Otherwise as given. */
export function storableText(text: string): string {
  return text.toWellFormed().normalize("NFC").replaceAll("\0", "");
}

/** Whether every text in it, keys too, is stored as it is. */
export function isStorable(value: unknown): boolean {
  if (typeof value === "string") return storableText(value) === value.normalize("NFC");
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, part]) => isStorable(key) && isStorable(part));
}

/** Text without invisible characters and without blanks at the ends. */
export function cleanText(text: string): string {
  return storableText(text).replace(UNWANTED, "").replace(EDGES, "");
}

/** The same on one line: line breaks and tabs become one blank, so that no value can start a new header or row. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s*[\t\r\n\u2028\u2029]+\s*/g, " ");
}

/** At most that many characters, never half of one. */
export function truncated(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .toWellFormed()
    .replace(/\ufffd$/, "")}…`;
}
