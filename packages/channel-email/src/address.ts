/** Mail addresses: what is accepted, and how "Name <address>" is read. */
import { domainToASCII } from "node:url";
import addressparser from "nodemailer/lib/addressparser";
import { headerText, isHeaderSafe } from "./header-text.ts";
import type { Mailbox } from "./message.ts";

// RFC 5321, 4.5.3.1: 64 octets for the local part, 255 for the domain. RFC 6531 lets the local part be UTF-8.
const MAX_LOCAL_OCTETS = 64;
const MAX_DOMAIN_OCTETS = 253;
// A dot-atom (RFC 5322, 3.2.3) with UTF-8. Quoted local parts are legal and unused; refusing them closes a door for injection.
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const DOMAIN = /^(?!-)[a-z0-9-]+(?<!-)(?:\.(?!-)[a-z0-9-]+(?<!-))*$/i;

/** Whether a message can be sent to it: a dot-atom before the last `@`, a host name (international too) behind it. */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at < 1 || !isHeaderSafe(text)) return false;
  const local = text.slice(0, at);
  if (Buffer.byteLength(local) > MAX_LOCAL_OCTETS || !LOCAL_PART.test(local)) return false;
  const domain = domainToASCII(text.slice(at + 1));
  return domain.length > 0 && domain.length <= MAX_DOMAIN_OCTETS && DOMAIN.test(domain);
}

/** The domain in the form of the wire: ASCII, lower case. */
export function asciiDomain(address: string): string {
  return domainToASCII(address.slice(address.lastIndexOf("@") + 1));
}

/** The address in the form of the wire: an international domain as its A-label; the local part as written. */
export function asciiAddress(address: string): string {
  return `${address.slice(0, address.lastIndexOf("@"))}@${asciiDomain(address)}`;
}

/** Reads `hello@shop.example` or `The Shop <hello@shop.example>`; `null` when it is not exactly one address. */
export function parseMailbox(text: string): Mailbox | null {
  if (!isHeaderSafe(text)) return null;
  const parsed = addressparser(text);
  const [only] = parsed;
  if (parsed.length !== 1 || only?.address === undefined || !isAddress(only.address)) return null;
  // What is left over of a second address ends up in the name.
  return /\S@\S/.test(only.name) ? null : { name: headerText(only.name), address: only.address };
}
