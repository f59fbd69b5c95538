/** The tracked and signed URLs of one message. Called for every message: one HMAC per link, nothing else. */

import { HONEYPOT_LINK } from "../analytics/index.ts";
import type { ChannelCapabilities, MessageUrls } from "../ports/channel.ts";
import { destinationOf } from "./destination.ts";
import type { RegisteredLink } from "./links.ts";
import { MAX_EMBEDDED_URL_BYTES, signToken } from "./token.ts";

/** What the URLs of a message are made from. */
export interface MessageUrlsInput {
  /** Where the host serves `kit.trackingHandler`, in normal form without a trailing slash; `null`: nothing is tracked. */
  readonly baseUrl: string | null;
  readonly key: Uint8Array;
  readonly deliveryId: string;
  /** From `registerLinks`, in the order of the prepared post. */
  readonly links: readonly RegisteredLink[];
  readonly capabilities: ChannelCapabilities;
  /** Where the invisible link leads; `null` or absent: there is none. */
  readonly honeypot?: string | null;
}

const sites = new WeakMap<RegisteredLink, string | null>();

/** The site that a target as written names before any merge field, such as `https://shop.example/`; `null` where fields could say which it is. */
function siteOf(link: RegisteredLink): string | null {
  const known = sites.get(link);
  if (known !== undefined) return known;
  const [written] = /^https?:\/\/[^/?#\\{}%@\s]+(?=[/?#])/i.exec(link.url) ?? [];
  const site = written === undefined ? null : destinationOf(written);
  sites.set(link, site);
  return site;
}

/** Makes the URLs of one message. Pure: a message rendered again has the same ones. */
export function messageUrls(input: MessageUrlsInput): MessageUrls {
  const { baseUrl, key, deliveryId, links, capabilities, honeypot = null } = input;
  if (baseUrl === null)
    return { click: (_index, url) => url, open: null, unsubscribe: null, preferences: null };
  const unsubscribe = capabilities.unsubscribe
    ? `${baseUrl}/u/${signToken(key, "unsubscribe", deliveryId)}`
    : null;
  return {
    click(index, url) {
      const link = links[index];
      // Our own pages are never wrapped: an unsubscribe link must not depend on the click redirect.
      const destination = destinationOf(url);
      if (!capabilities.links || link === undefined || destination === null) return url;
      if (destination.startsWith(`${baseUrl}/`)) return url;
      const merged = url === link.url ? null : url;
      // Where a merged field could say which site it is, our address must not vouch for it.
      if (merged !== null && !destination.startsWith(siteOf(link) ?? " ")) return url;
      if (merged !== null && Buffer.byteLength(merged) > MAX_EMBEDDED_URL_BYTES) return url;
      return `${baseUrl}/c/${signToken(key, "click", deliveryId, { id: link.id, url: merged })}`;
    },
    open: capabilities.opens ? `${baseUrl}/o/${signToken(key, "open", deliveryId)}.gif` : null,
    unsubscribe,
    honeypot:
      honeypot === null || !capabilities.links
        ? null
        : `${baseUrl}/c/${signToken(key, "click", deliveryId, { id: HONEYPOT_LINK, url: honeypot })}`,
    // Signed when a message asks for it: most do not.
    get preferences() {
      return `${baseUrl}/p/${signToken(key, "preferences", deliveryId)}`;
    },
  };
}
