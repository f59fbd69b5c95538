/** Addresses with a place for a delivery's signed name: `bounces+{token}@bounce.shop.example` (VERP). */
import { isAddress } from "./address.ts";

const PLACE = "{token}";
/** A name of the engine's length. */
const EXAMPLE = "a".repeat(47);

/** What must hold for such an address. */
export const TOKEN_RULE =
  "{token} stands once, before the @, set apart by one of + - = . _, and leaves at most 17 characters beside it";

/** Whether the address has a place for a name, and can be written to once it is filled in. */
export function isSignedAddress(address: string): boolean {
  const at = address.lastIndexOf("@");
  const [before = "", after, ...more] = address.slice(0, at).split(PLACE);
  if (after === undefined || more.length > 0) return false;
  // Among letters and digits nobody could tell where the name begins.
  const apart = /^$|[+\-=._]$/.test(before) && /^$|^[+\-=._]/.test(after);
  return apart && isAddress(address.replace(PLACE, EXAMPLE));
}

/** Whether it is an address, with or without such a place. */
export function isReturnPath(address: string): boolean {
  return address.includes(PLACE) ? isSignedAddress(address) : isAddress(address);
}

/** The address with the name in its place; `null` where it has a place and there is no name for it, as in tests. */
export function fillAddress(address: string | null, name: string | undefined): string | null {
  if (address === null || !address.includes(PLACE)) return address;
  return name === undefined ? null : address.replace(PLACE, name);
}
