/**
 * E-mail addresses: what is accepted, and when two are the same.
 *
 * Accepted: a dot-atom of letters of any script (RFC 5322 §3.2.3, RFC 6532) before the last `@`, a host name of at least two labels behind
 * it. Quoted local parts and address literals are legal, unused, and a door for injection: refused.
 */
import { domainToASCII } from "node:url";
import { storableText } from "./text.ts";

/** A read address. */
export interface EmailAddress {
  /** As given, without invisible characters. */
  readonly email: string;
  /** The same for all spellings of one mailbox: lower case, the domain in ASCII (punycode). No provider's private rules. */
  readonly normalized: string;
}

/** What reading came to. */
export type EmailReading =
  | ({ readonly outcome: "read" } & EmailAddress)
  | { readonly outcome: "refused"; readonly reason: string };

// RFC 5321 §4.5.3.1: 64 octets before the @, 255 behind it; errata 1690: 254 in all.
const MAX_LOCAL_OCTETS = 64;
const MAX_OCTETS = 254;
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const WRITTEN_DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002-]+$/u;
const ASCII_DOMAIN = /^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?!-)(?=[a-z0-9-]*[a-z])[a-z0-9-]{2,63}(?<!-)$/;
// Soft hyphen, zero-width characters, direction marks, byte order mark: pasted along, never meant.
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function refused(reason: string): EmailReading {
  return { outcome: "refused", reason };
}

/** Reads an address. Never throws; the reason of a refusal does not repeat the address. */
export function readEmail(text: string): EmailReading {
  const email = storableText(text).replace(INVISIBLE, "").trim();
  if (email === "") return refused("The address is empty.");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in an address is an attempt to add a header
  if (/[\s\u0000-\u001f\u007f-\u009f]/u.test(email))
    return refused("An address has no blanks or line breaks.");
  const at = email.lastIndexOf("@");
  if (at < 1 || at === email.length - 1) return refused("An address has a name, an @ and a domain.");
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (Buffer.byteLength(local) > MAX_LOCAL_OCTETS)
    return refused(`The part before the @ is longer than ${MAX_LOCAL_OCTETS} bytes.`);
  if (!LOCAL_PART.test(local))
    return refused("The part before the @ has a character, or a dot in a place, that mail does not allow.");
  const ascii = WRITTEN_DOMAIN.test(domain) ? domainToASCII(domain) : "";
  if (!ASCII_DOMAIN.test(ascii)) return refused("The part behind the @ is no domain name.");
  const normalized = `${local.toLowerCase().normalize("NFC")}@${ascii}`;
  if (Buffer.byteLength(normalized) > MAX_OCTETS)
    return refused(`The address is longer than ${MAX_OCTETS} bytes.`);
  return { outcome: "read", email, normalized };
}
