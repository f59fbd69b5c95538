/** Refuses links that run something or read files: no mailbox follows them, and filters take the mail for an attack. */
import { rejectedContent } from "../rejection.ts";
import type { HtmlLink } from "./links.ts";

const REFUSED = new Set(["javascript:", "vbscript:", "data:", "file:", "blob:"]);

/** @throws {CHANNEL_FAILED} `rejected-content` for such a link, as a browser would read it. */
export function refuseDangerousLinks(links: readonly HtmlLink[]): void {
  for (const { source } of links) {
    const protocol = URL.parse(source)?.protocol ?? "";
    if (!REFUSED.has(protocol)) continue;
    throw rejectedContent(
      `The link ${source.slice(0, 80)} can't be sent: an address that begins with ${protocol} is one that filters take for an attack. Link to a web address.`,
    );
  }
}
