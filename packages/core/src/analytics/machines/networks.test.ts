import fc from "fast-check";
import { expect, it } from "vitest";
import { networkMatcher, networkOf, parseRange } from "./networks.ts";

it("CHN-11: keeps of an address no more than its network", () => {
  expect(networkOf("203.0.113.77")).toBe("203.0.113.0/24");
  expect(networkOf("::ffff:203.0.113.77")).toBe("203.0.113.0/24");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1::/48");
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0::/48");
  expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0::/48");
  expect(networkOf("::1")).toBe("0:0:0::/48");
  for (const none of ["", "localhost", "203.0.113", "203.0.113.256", "1:2", "'; drop table"])
    expect(networkOf(none)).toBeNull();
});

it("CHN-11: two addresses of one network are kept as the same, whatever their last bits", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, byte, (a, b, c, d, e) => {
      expect(networkOf(`${a}.${b}.${c}.${d}`)).toBe(networkOf(`${a}.${b}.${c}.${e}`));
      expect(networkOf(`${a}.${b}.${c}.${d}`)).toBe(`${a}.${b}.${c}.0/24`);
    }),
  );
});

it("CHN-11: reads ranges, and refuses what is none", () => {
  expect(parseRange("10.0.0.0/8")).toMatchObject({ version: 4, bits: 8, prefix: 10n });
  expect(parseRange("2001:db8::/32")).toMatchObject({ version: 6, bits: 32, prefix: 0x20010db8n });
  expect(parseRange("0.0.0.0/0")).toMatchObject({ bits: 0, prefix: 0n });
  for (const none of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "x/8", "10.0.0.0/"])
    expect(parseRange(none)).toBeNull();
});

it("CHN-11: a kept network lies in the ranges that hold all of it, and in no narrower one", () => {
  const matches = networkMatcher(["198.51.0.0/16", "203.0.113.128/25", "2001:db8::/32"]);
  expect(matches("198.51.100.0/24")).toBe(true);
  expect(matches("198.52.100.0/24")).toBe(false);
  expect(matches("203.0.113.0/24")).toBe(false);
  expect(matches("2001:db8:7::/48")).toBe(true);
  expect(matches("2001:db9:7::/48")).toBe(false);
  expect(networkMatcher([])("198.51.100.0/24")).toBe(false);
});
