/**
 * Signed names of deliveries that fit into a mail address: the envelope sender of a message (VERP), the address in List-Unsubscribe, its id.
 *
 * Layout before base32 (RFC 4648, lower case, without padding): purpose (1 byte), delivery id (16), then the first 12 bytes of HMAC-SHA-256 over a
 * domain name and all of it. Servers change the case of addresses, so base64 would not survive; 47 characters leave 17 of the 64 that a local part
 * may have (RFC 5321, 4.5.3.1.1) to the rest of it. Every guess costs a mail, so 96 bits are plenty (RFC 2104, 5 asks for 80).
 */
import { timingSafeEqual } from "node:crypto";
import type { ReturnTokens } from "../ports/channel.ts";
import { mac } from "./token.ts";

const DOMAIN = Buffer.from("campaignkit mail\0");
const MAC_BYTES = 12;
const SIGNED_BYTES = 17;
/** Characters of a token. */
export const RETURN_TOKEN_LENGTH = 47;

const PURPOSE_BYTES = { bounce: 1, unsubscribe: 2, message: 3 } as const satisfies Record<
  keyof ReturnTokens,
  number
>;

/** What such a token is for. */
export type ReturnPurpose = keyof ReturnTokens;

/** What a token says, once its signature holds. */
export interface ReturnToken {
  readonly purpose: ReturnPurpose;
  readonly deliveryId: string;
}

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value]));

function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >>> (bits - 5)) & 31);
    held &= 31;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31);
}

/** `null` for what is no token's length, or holds other characters. */
function fromBase32(text: string): Buffer | null {
  if (text.length !== RETURN_TOKEN_LENGTH) return null;
  const bytes = Buffer.alloc(SIGNED_BYTES + MAC_BYTES);
  let bits = 0;
  let held = 0;
  let length = 0;
  for (const character of text.toLowerCase()) {
    const value = VALUES.get(character);
    if (value === undefined) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = (held >>> bits) & 255;
    held &= 31;
  }
  // The bits that are left over belong to nothing: spelled otherwise, the same token would be another address.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

function signed(purpose: ReturnPurpose, deliveryId: string): Buffer {
  const bytes = Buffer.alloc(DOMAIN.length + SIGNED_BYTES);
  DOMAIN.copy(bytes);
  bytes[DOMAIN.length] = PURPOSE_BYTES[purpose];
  bytes.write(deliveryId.replaceAll("-", ""), DOMAIN.length + 1, "hex");
  return bytes;
}

/** Makes a token. Pure: the same delivery and key give the same token. */
export function signReturnToken(key: Uint8Array, purpose: ReturnPurpose, deliveryId: string): string {
  const bytes = signed(purpose, deliveryId);
  const proof = mac(key, bytes).subarray(0, MAC_BYTES);
  return toBase32(Buffer.concat([bytes.subarray(DOMAIN.length), proof]));
}

/** The tokens of a delivery, each signed when it is asked for. */
export function returnTokens(key: Uint8Array, deliveryId: string): ReturnTokens {
  return {
    get bounce() {
      return signReturnToken(key, "bounce", deliveryId);
    },
    get unsubscribe() {
      return signReturnToken(key, "unsubscribe", deliveryId);
    },
    get message() {
      return signReturnToken(key, "message", deliveryId);
    },
  };
}

/** Reads a token that one of the keys has signed, whatever its purpose and its case; `null` for anything else. */
export function readReturnToken(keys: readonly Uint8Array[], text: string): ReturnToken | null {
  const bytes = fromBase32(text);
  if (bytes === null) return null;
  const content = Buffer.concat([DOMAIN, bytes.subarray(0, SIGNED_BYTES)]);
  const given = bytes.subarray(SIGNED_BYTES);
  if (!keys.some((key) => timingSafeEqual(mac(key, content).subarray(0, MAC_BYTES), given))) return null;
  const purpose = (Object.keys(PURPOSE_BYTES) as ReturnPurpose[]).find(
    (name) => PURPOSE_BYTES[name] === bytes[0],
  );
  if (purpose === undefined) return null;
  const hex = bytes.toString("hex", 1, SIGNED_BYTES);
  const deliveryId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { purpose, deliveryId };
}

const SEPARATOR = /[^a-z2-7]+/i;
/** No address and no list of them is longer, of an honest mail. */
const MAX_TEXT = 4_000;

/**
 * The tokens that stand in an address, a message id or a URL, between other characters. Addresses that a forwarder has wrapped (SRS) still
 * hold them.
 */
export function returnTokensIn(keys: readonly Uint8Array[], text: string): readonly ReturnToken[] {
  return text
    .slice(0, MAX_TEXT)
    .split(SEPARATOR)
    .filter(({ length }) => length === RETURN_TOKEN_LENGTH)
    .flatMap((part) => readReturnToken(keys, part) ?? []);
}
