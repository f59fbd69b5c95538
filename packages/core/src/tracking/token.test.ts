import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readToken, signToken, type TokenPurpose } from "./token.ts";

const KEY = Buffer.alloc(32, 7);
const OTHER_KEY = Buffer.alloc(32, 8);
const DELIVERY = "01890000-0000-7000-8000-00000000abcd";
const LINK = { id: "00ff00ff00ff00ff", url: null };
const PURPOSES: readonly TokenPurpose[] = [
  "click",
  "open",
  "unsubscribe",
  "visit",
  "preferences",
  "confirmation",
];

const aDelivery = fc.uuid();
const aLink = fc.record({
  id: fc.stringMatching(/^[0-9a-f]{16}$/),
  url: fc.option(fc.webUrl({ withQueryParameters: true, withFragments: true }), { nil: null }),
});

describe("tracking tokens (CHN-11)", () => {
  it("say what was signed, for any delivery, link and address", () => {
    fc.assert(
      fc.property(aDelivery, aLink, (deliveryId, link) => {
        expect(readToken([KEY], "click", signToken(KEY, "click", deliveryId, link))).toEqual({
          deliveryId,
          link,
        });
        for (const purpose of ["open", "unsubscribe", "visit", "preferences", "confirmation"] as const) {
          expect(readToken([KEY], purpose, signToken(KEY, purpose, deliveryId))).toEqual({
            deliveryId,
            link: null,
          });
        }
      }),
    );
  });

  it("hold for one purpose only", () => {
    for (const made of PURPOSES) {
      const token = signToken(KEY, made, DELIVERY, made === "click" ? LINK : null);
      for (const wanted of PURPOSES) expect(readToken([KEY], wanted, token) !== null).toBe(made === wanted);
    }
  });

  it("can't be changed in any bit, cut or continued", () => {
    const token = Buffer.from(
      signToken(KEY, "click", DELIVERY, { ...LINK, url: "https://a.example/" }),
      "base64url",
    );
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = Buffer.from(token);
      const byte = bit >> 3;
      changed[byte] = (changed[byte] ?? 0) ^ (1 << (bit & 7));
      expect(readToken([KEY], "click", changed.toString("base64url"))).toBeNull();
    }
    for (let length = 0; length < token.length; length++) {
      expect(readToken([KEY], "click", token.subarray(0, length).toString("base64url"))).toBeNull();
    }
    expect(
      readToken([KEY], "click", Buffer.concat([token, Buffer.from([0])]).toString("base64url")),
    ).toBeNull();
  });

  it("have one spelling", () => {
    // 34 bytes end in a character whose last four bits say nothing.
    const token = signToken(KEY, "open", DELIVERY);
    const respelled = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
      .map((last) => token.slice(0, -1) + last)
      .filter((spelling) => readToken([KEY], "open", spelling) !== null);
    expect(respelled).toEqual([token]);
    expect(readToken([KEY], "open", `${token}=`)).toBeNull();
    expect(readToken([KEY], "open", ` ${token}`)).toBeNull();
  });

  it("are refused when signed by another key, and taken by any key of a rotation", () => {
    const token = signToken(OTHER_KEY, "open", DELIVERY);
    expect(readToken([KEY], "open", token)).toBeNull();
    expect(readToken([KEY, OTHER_KEY], "open", token)).toEqual({ deliveryId: DELIVERY, link: null });
    expect(readToken([], "open", token)).toBeNull();
  });

  it("are never made of noise", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.base64String()),
        fc.constantFrom(...PURPOSES),
        (noise, purpose) => {
          expect(readToken([KEY], purpose, noise)).toBeNull();
        },
      ),
    );
    expect(readToken([KEY], "click", "A".repeat(1_000_000))).toBeNull();
  });
});
