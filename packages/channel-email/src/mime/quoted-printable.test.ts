import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeQuotedPrintable } from "./quoted-printable.ts";

/** Reads quoted-printable as RFC 2045, 6.7 says. */
function decoded(text: string): string {
  return Buffer.from(
    text
      .replace(/=\r\n/g, "")
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");
}

describe("quoted-printable", () => {
  it.each([
    ["plain text", "plain text"],
    ["a=b", "a=3Db"],
    ["Grüße", "Gr=C3=BC=C3=9Fe"],
    ["ends in space \nand tab\t\nnext", "ends in space=20\r\nand tab=09\r\nnext"],
    ["one\rtwo\r\nthree\n", "one\r\ntwo\r\nthree\r\n"],
    ["\u0000\u007f", "=00=7F"],
    ["", ""],
  ])("writes %j as %j", (text, expected) => {
    expect(encodeQuotedPrintable(text)).toBe(expected);
  });

  it("comes back as it was, in lines of at most 76 characters, in ASCII without white space at their ends", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.string({ unit: "binary", maxLength: 90 }),
        fc.constantFrom(" ", "\t", "=", ".", "\n", "🎉", "é"),
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (original) => {
        const encoded = encodeQuotedPrintable(original);
        const expected = original.toWellFormed().replace(/\r\n|\r|\n/g, "\r\n");
        expect(decoded(encoded)).toBe(expected);
        for (const line of encoded.split("\r\n")) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line).toMatch(/^[\t -~]*$/);
          expect(line).not.toMatch(/[\t ]$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("never divides a character between lines", () => {
    for (const line of encodeQuotedPrintable("🎉é".repeat(200)).split("=\r\n")) {
      expect(decoded(line)).not.toContain("\ufffd");
    }
  });
});
