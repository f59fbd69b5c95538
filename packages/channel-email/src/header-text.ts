/** Text that is safe inside a mail header, whatever it was before. */

// RFC 5322, 2.2: a header body has no CR, LF or other control; the Unicode line separators break lines in some mail readers.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Whether a text holds what may not stand in a header. */
export function isHeaderSafe(text: string): boolean {
  return text.search(UNSAFE) === -1;
}

/** The text on one line: control characters and line breaks become a space, lone surrogates the replacement character. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(UNSAFE, " ").trim();
}
