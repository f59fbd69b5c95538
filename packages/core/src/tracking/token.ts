/**
 * Signed tokens of tracked links: compact, unforgeable, good for one purpose.
 *
 * Layout before base64url: version (1 byte), purpose (1), delivery id (16), then for clicks the link id (8) and, where it differs from
 * the registered target, the URL as UTF-8; last the first 16 bytes of HMAC-SHA-256 over a domain name and all of it. The purpose is under
 * the signature, so a token of one kind never passes as another.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

const VERSION = 1;
const HEADER_BYTES = 18;
const LINK_ID_BYTES = 8;
const MAC_BYTES = 16;
const DOMAIN = Buffer.from("campaignkit tracking\0");
/** A longer URL is not embedded; mail clients and proxies cut such links. */
export const MAX_EMBEDDED_URL_BYTES = 2_048;
const MAX_TOKEN_LENGTH = Math.ceil(
  ((HEADER_BYTES + LINK_ID_BYTES + MAX_EMBEDDED_URL_BYTES + MAC_BYTES) * 4) / 3,
);

const PURPOSE_BYTES = {
  click: 1,
  open: 2,
  unsubscribe: 3,
  visit: 4,
  preferences: 5,
  confirmation: 6,
} as const;

/**
 * What a token is for. `visit` names, on the host's own pages, the click that led there; `confirmation` names, in place of a delivery, a consent
 * that was asked for.
 */
export type TokenPurpose = keyof typeof PURPOSE_BYTES;

/** What a click token says besides its delivery. */
export interface TokenLink {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** The target after merging; `null` where it is the registered one. */
  readonly url: string | null;
}

/** A token's content, once its signature holds. */
export interface TrackingToken {
  readonly deliveryId: string;
  /** For clicks only. */
  readonly link: TokenLink | null;
}

/** Importing the bytes costs several times the signature, so each key is imported once. */
const imported = new WeakMap<Uint8Array, KeyObject>();

/** 16 bytes of HMAC-SHA-256. `signed` begins with the domain name. */
export function mac(key: Uint8Array, signed: Uint8Array): Buffer {
  let known = imported.get(key);
  if (known === undefined) {
    known = createSecretKey(key);
    imported.set(key, known);
  }
  return createHmac("sha256", known).update(signed).digest().subarray(0, MAC_BYTES);
}

/** Makes a token. Pure: the same content and key give the same token. The key's bytes must not change afterwards. */
export function signToken(
  key: Uint8Array,
  purpose: TokenPurpose,
  deliveryId: string,
  link: TokenLink | null = null,
): string {
  const linkBytes = link === null ? 0 : LINK_ID_BYTES;
  const urlBytes = link?.url == null ? 0 : Buffer.byteLength(link.url);
  const signedBytes = DOMAIN.length + HEADER_BYTES + linkBytes + urlBytes;
  const bytes = Buffer.alloc(signedBytes + MAC_BYTES);
  DOMAIN.copy(bytes);
  const token = bytes.subarray(DOMAIN.length);
  token[0] = VERSION;
  token[1] = PURPOSE_BYTES[purpose];
  token.write(deliveryId.replaceAll("-", ""), 2, "hex");
  if (link !== null) token.write(link.id, HEADER_BYTES, "hex");
  if (link?.url != null) token.write(link.url, HEADER_BYTES + LINK_ID_BYTES, "utf8");
  mac(key, bytes.subarray(0, signedBytes)).copy(bytes, signedBytes);
  return token.toString("base64url");
}

/**
 * Reads a token, if it was signed for this purpose by one of the keys; `null` for anything else, without saying why.
 *
 * Compares in constant time. Several keys serve a rotation: the newest first, older ones as long as their links are about.
 */
export function readToken(
  keys: readonly Uint8Array[],
  purpose: TokenPurpose,
  text: string,
): TrackingToken | null {
  if (text.length > MAX_TOKEN_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return null;
  const token = Buffer.from(text, "base64url");
  const signedBytes = token.length - MAC_BYTES;
  const minimum = HEADER_BYTES + (purpose === "click" ? LINK_ID_BYTES : 0);
  if (signedBytes < minimum || (purpose !== "click" && signedBytes !== minimum)) return null;
  // The same bytes spelled otherwise would be another address for the same act.
  if (token.toString("base64url") !== text) return null;
  const signed = Buffer.concat([DOMAIN, token.subarray(0, signedBytes)]);
  const given = token.subarray(signedBytes);
  if (!keys.some((key) => timingSafeEqual(mac(key, signed), given))) return null;
  if (token[0] !== VERSION || token[1] !== PURPOSE_BYTES[purpose]) return null;
  const hex = token.toString("hex", 2, HEADER_BYTES);
  const deliveryId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  if (purpose !== "click") return { deliveryId, link: null };
  const urlStart = HEADER_BYTES + LINK_ID_BYTES;
  return {
    deliveryId,
    link: {
      id: token.toString("hex", HEADER_BYTES, urlStart),
      url: signedBytes > urlStart ? token.toString("utf8", urlStart, signedBytes) : null,
    },
  };
}

/** The delivery that a `visit` token names; `null` for anything else. */
export function readClickToken(keys: readonly Uint8Array[], text: string): string | null {
  return readToken(keys, "visit", text)?.deliveryId ?? null;
}

/** The delivery that an unsubscribe link names, whatever the page is mounted at; `null` for anything else. */
export function readUnsubscribeLink(keys: readonly Uint8Array[], text: string): string | null {
  return readToken(keys, "unsubscribe", text.slice(text.lastIndexOf("/") + 1))?.deliveryId ?? null;
}

/** The token of a link that confirms a consent. */
export function signConfirmation(key: Uint8Array, requestId: string): string {
  return signToken(key, "confirmation", requestId);
}

/** The consent that a confirmation link names; `null` for anything else. */
export function readConfirmation(keys: readonly Uint8Array[], text: string): string | null {
  return readToken(keys, "confirmation", text)?.deliveryId ?? null;
}
