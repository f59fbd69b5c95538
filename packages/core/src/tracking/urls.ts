/** The tracked and signed URLs of one message. Called for every message: one HMAC per link, nothing else. */
import type { ChannelCapabilities, MessageUrls } from "../ports/channel.ts";
import { destinationOf } from "./destination.ts";
import type { RegisteredLink } from "./links.ts";
import { MAX_EMBEDDED_URL_BYTES, signToken } from "./token.ts";

/** What the URLs of a message are made from. */
export interface MessageUrlsInput {
  /** Where the host serves `kit.trackingHandler`, without a trailing slash; `null`: nothing is tracked. */
  readonly baseUrl: string | null;
  readonly key: Uint8Array;
  readonly deliveryId: string;
  /** From `registerLinks`, in the order of the prepared post. */
  readonly links: readonly RegisteredLink[];
  readonly capabilities: ChannelCapabilities;
}

/** Makes the URLs of one message. Pure: a message rendered again has the same ones. */
export function messageUrls(input: MessageUrlsInput): MessageUrls {
  const { baseUrl, key, deliveryId, links, capabilities } = input;
  if (baseUrl === null)
    return { click: (_index, url) => url, open: null, unsubscribe: null, preferences: null };
  const unsubscribe = capabilities.unsubscribe
    ? `${baseUrl}/u/${signToken(key, "unsubscribe", deliveryId)}`
    : null;
  return {
    click(index, url) {
      const link = links[index];
      // Our own pages are never wrapped: an unsubscribe link must not depend on the click redirect.
      if (!capabilities.links || link === undefined || url.startsWith(`${baseUrl}/`)) return url;
      if (destinationOf(url) === null) return url;
      const merged = url === link.url ? null : url;
      if (merged !== null && Buffer.byteLength(merged) > MAX_EMBEDDED_URL_BYTES) return url;
      return `${baseUrl}/c/${signToken(key, "click", deliveryId, { id: link.id, url: merged })}`;
    },
    open: capabilities.opens ? `${baseUrl}/o/${signToken(key, "open", deliveryId)}.gif` : null,
    unsubscribe,
    // Signed when a message asks for it: most do not.
    get preferences() {
      return `${baseUrl}/p/${signToken(key, "preferences", deliveryId)}`;
    },
  };
}
