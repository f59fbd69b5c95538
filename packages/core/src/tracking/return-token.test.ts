import fc from "fast-check";
import { expect, it } from "vitest";
import {
  RETURN_TOKEN_LENGTH,
  readReturnToken,
  returnTokens,
  returnTokensIn,
  signReturnToken,
} from "./return-token.ts";

const KEY = new TextEncoder().encode("a key of the host's own, at least 32 bytes long");
const OTHER = new TextEncoder().encode("another key of the host, also of 32 bytes and more");
const DELIVERY = "0190b5a0-0000-7000-8000-00000000abcd";
const purposes = ["bounce", "unsubscribe", "message"] as const;

it("CHN-2: names a delivery and a purpose in 47 characters that survive any case", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(...purposes), (deliveryId, purpose) => {
      const token = signReturnToken(KEY, purpose, deliveryId);
      expect(token).toMatch(/^[a-z2-7]+$/);
      expect(token).toHaveLength(RETURN_TOKEN_LENGTH);
      expect(readReturnToken([OTHER, KEY], token.toUpperCase())).toEqual({ purpose, deliveryId });
    }),
  );
});

it("CHN-2: can't be made without the key, nor changed in any character", () => {
  const token = returnTokens(KEY, DELIVERY).bounce;
  expect(readReturnToken([OTHER], token)).toBeNull();
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === "a" ? "b" : "a";
    expect(readReturnToken([KEY], token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
  }
  expect(new Set(purposes.map((purpose) => signReturnToken(KEY, purpose, DELIVERY))).size).toBe(3);
});

it("CHN-2: is refused, whatever else is there", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      expect(readReturnToken([KEY], text)).toBeNull();
      expect(returnTokensIn([KEY], text)).toEqual([]);
    }),
  );
});

it("CHN-2: is found in an address, a message id, a URL, and in what a forwarder made of the address", () => {
  const { bounce, message } = returnTokens(KEY, DELIVERY);
  const named = { purpose: "bounce", deliveryId: DELIVERY };
  expect(returnTokensIn([KEY], `bounces+${bounce}@bounce.shop.example`)).toEqual([named]);
  expect(
    returnTokensIn([KEY], `SRS0=Hh7x=TT=bounce.shop.example=Bounces+${bounce.toUpperCase()}@forward.example`),
  ).toEqual([named]);
  expect(returnTokensIn([KEY], `<${message}@shop.example>`)).toEqual([{ ...named, purpose: "message" }]);
  expect(returnTokensIn([KEY], `${bounce}x@bounce.shop.example`)).toEqual([]);
});
