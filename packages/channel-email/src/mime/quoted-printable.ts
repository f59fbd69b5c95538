/**
 * Quoted-printable (RFC 2045, 6.7) for text.
 *
 * Own code, because it is where composing a mail spends its time: most lines of a mail are short and plain and go through as they are,
 * where the mail library looks at every byte.
 */

const MAX_LINE = 76;
const PLAIN_LINE = /^[\t -<>-~]{0,76}$/;
const PLAIN_CHARACTER = /^[\t -<>-~]$/;

/** Encodes a text; its line breaks, of whatever kind, become CRLF. */
export function encodeQuotedPrintable(text: string): string {
  return text
    .toWellFormed()
    .split(/\r\n|\r|\n/)
    .map(encodeLine)
    .join("\r\n");
}

function encodeLine(line: string): string {
  if (PLAIN_LINE.test(line) && !/[\t ]$/.test(line)) return line;
  let result = "";
  let width = 0;
  const characters = [...line];
  characters.forEach((character, index) => {
    const isLast = index === characters.length - 1;
    // White space at the end of a line gets lost on the way.
    const asIs = PLAIN_CHARACTER.test(character) && !(isLast && (character === " " || character === "\t"));
    const encoded = asIs ? character : escapeBytes(character);
    // One column is kept for the sign of a soft line break. A character is never divided between lines.
    if (width + encoded.length > MAX_LINE - (isLast ? 0 : 1)) {
      result += "=\r\n";
      width = 0;
    }
    result += encoded;
    width += encoded.length;
  });
  return result;
}

const known = new Map<string, string>();
const MAX_KNOWN = 4_096;

function escapeBytes(character: string): string {
  const before = known.get(character);
  if (before !== undefined) return before;
  const encoded = Array.from(
    Buffer.from(character),
    (byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
  if (known.size < MAX_KNOWN) known.set(character, encoded);
  return encoded;
}
