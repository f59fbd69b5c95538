/** Networks that requests come from: what is kept of an address, and whether it lies in a range. Pure. */
import { isIP } from "node:net";

/** What is kept: of IPv4 the first 24 bits, of IPv6 the first 48. The rest, which tells one household from the next, is never stored. */
const KEPT_BITS = { 4: 24, 6: 48 } as const;
const BITS = { 4: 32, 6: 128 } as const;

type Version = 4 | 6;

/** A range of addresses. */
export interface AddressRange {
  readonly version: Version;
  readonly bits: number;
  /** The first bits of its addresses, as a number. */
  readonly prefix: bigint;
}

function valueOf4(address: string): bigint {
  return address.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function valueOf6(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const low = dotted === null ? 0n : valueOf4(dotted[2] ?? "");
  const text =
    dotted === null ? address : `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  const [head = "", tail] = text.split("::");
  const groups = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => "0"), ...last];
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** The address as a number; `null` for what is none. An IPv4 address that is written as IPv6 is an IPv4 address. */
function parseAddress(text: string): { readonly version: Version; readonly value: bigint } | null {
  const plain = text.replace(/%.*$/, "");
  const version = isIP(plain);
  if (version === 4) return { version, value: valueOf4(plain) };
  if (version !== 6) return null;
  const value = valueOf6(plain);
  return value >> 32n === 0xffffn ? { version: 4, value: value & 0xffff_ffffn } : { version: 6, value };
}

/** A range in CIDR form; `null` for what is none. */
export function parseRange(text: string): AddressRange | null {
  const [address = "", length, ...more] = text.split("/");
  const parsed = parseAddress(address);
  if (parsed === null || more.length > 0 || !/^\d{1,3}$/.test(length ?? "")) return null;
  const bits = Number(length);
  const all = BITS[parsed.version];
  return bits > all ? null : { version: parsed.version, bits, prefix: parsed.value >> BigInt(all - bits) };
}

function textOf(version: Version, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
  const groups = [112n, 96n, 80n].map((shift) => ((value >> shift) & 0xffffn).toString(16));
  return `${groups.join(":")}::`;
}

/** What is kept of an address, such as `203.0.113.0/24` or `2001:db8:1::/48`; `null` for what is no address. */
export function networkOf(address: string): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return null;
  const { version, value } = parsed;
  const dropped = BigInt(BITS[version] - KEPT_BITS[version]);
  return `${textOf(version, (value >> dropped) << dropped)}/${KEPT_BITS[version]}`;
}

/** Answers whether a kept network lies in one of the ranges. One look-up per length of prefix, however many ranges there are. */
export function networkMatcher(ranges: readonly string[]): (network: string) => boolean {
  const prefixes = new Map<string, Set<bigint>>();
  for (const range of ranges) {
    const parsed = parseRange(range);
    if (parsed === null) continue;
    const key = `${parsed.version}/${parsed.bits}`;
    prefixes.set(key, (prefixes.get(key) ?? new Set()).add(parsed.prefix));
  }
  return (network) => {
    const kept = parseRange(network);
    if (kept === null) return false;
    for (let bits = kept.bits; bits >= 0; bits--) {
      const known = prefixes.get(`${kept.version}/${bits}`);
      if (known?.has(kept.prefix >> BigInt(kept.bits - bits))) return true;
    }
    return false;
  };
}
