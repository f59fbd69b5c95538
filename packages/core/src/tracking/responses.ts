/** The answers of the tracking handler that are no pages: redirect and pixel. Nothing is cached, nothing is indexed. */

/** What every answer carries. */
export const COMMON_HEADERS = {
  "cache-control": "no-store, private",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
} as const;

/** A transparent GIF of one pixel. */
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** To the target. It must be in normal form (`destinationOf`). */
export function redirect(destination: string): Response {
  return new Response(null, { status: 302, headers: { ...COMMON_HEADERS, location: destination } });
}

/** The open pixel. */
export function pixel(): Response {
  return new Response(PIXEL, {
    headers: { ...COMMON_HEADERS, "content-type": "image/gif", "content-length": String(PIXEL.length) },
  });
}
