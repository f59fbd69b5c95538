/** Where a click may lead: to a web address, spelled so that it can stand in a header. */

/**
 * The address in its normal form, or `null` where a click must not lead: `javascript:`, `data:`, `mailto:`, fragments, and what is no URL.
 *
 * The normal form (WHATWG URL) is pure ASCII and holds no line break, whatever was written.
 */
export function destinationOf(text: string): string | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : null;
}
