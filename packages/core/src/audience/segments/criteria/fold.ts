/** Case that all databases agree on: A–Z and a–z are alike, other letters are themselves. Pure. */

/** A–Z as a–z, and nothing else. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
