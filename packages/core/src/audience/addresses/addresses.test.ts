import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEmail } from "./email.ts";
import { readPhone } from "./phone.ts";
import { cleanLine, cleanText, truncated } from "./text.ts";

const normalized = (text: string): string | null => {
  const reading = readEmail(text);
  return reading.outcome === "read" ? reading.normalized : null;
};

describe("addresses", () => {
  it("AUD-1: e-mail addresses are the same but for case, invisible characters and the spelling of the domain", () => {
    expect(normalized("  Ann.Lee+news@Example.COM\u200b ")).toBe("ann.lee+news@example.com");
    expect(normalized("ann@MÜLLER.example")).toBe("ann@xn--mller-kva.example");
    expect(normalized("ann@xn--mller-kva.example")).toBe("ann@xn--mller-kva.example");
    expect(normalized("o'brien@example.co.uk")).toBe("o'brien@example.co.uk");
    expect(normalized("münch@example.com".normalize("NFD"))).toBe("münch@example.com");
    expect(readEmail("\ufeffAnn@Example.com")).toMatchObject({ email: "Ann@Example.com" });
  });

  it.each([
    "",
    "ann",
    "@example.com",
    "ann@",
    "ann@localhost",
    "ann@example..com",
    "ann@-example.com",
    "ann@example.com-",
    "ann@1.2.3.4",
    "ann@[1.2.3.4]",
    '"ann lee"@example.com',
    ".ann@example.com",
    "ann.@example.com",
    "a..b@example.com",
    "ann lee@example.com",
    "ann@example.com\r\nBcc: eve@example.com",
    "ann\n@example.com",
    "Ann <ann@example.com>",
    "ann@example.com, bob@example.com",
    "ann@exa_mple.com",
    "ann@example.com/x",
    "ann@example.com%2f",
    `${"a".repeat(65)}@example.com`,
    `ann@${"a".repeat(64)}.com`,
    `ann@${"abcdefgh.".repeat(30)}com`,
  ])("AUD-1: %j is no e-mail address", (text) => {
    expect(readEmail(text)).toMatchObject({ outcome: "refused" });
  });

  it("AUD-1: whatever is accepted can't break out of a header, and normalising again changes nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.emailAddress(), fc.string()), (text) => {
        const reading = readEmail(text);
        if (reading.outcome === "refused") return;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
        expect(reading.email).not.toMatch(/[\s<>,;:"\\()\u0000-\u001f\u007f]/);
        expect(normalized(reading.normalized)).toBe(reading.normalized);
        expect(normalized(reading.email)).toBe(reading.normalized);
      }),
    );
  });

  it("AUD-1: phone numbers become E.164; national ones need a country", () => {
    expect(readPhone("+49 (30) 123456-78")).toEqual({ outcome: "read", phone: "+493012345678" });
    expect(readPhone("030 12345678", "DE")).toEqual({ outcome: "read", phone: "+493012345678" });
    expect(readPhone("(415) 555-2671", "US")).toEqual({ outcome: "read", phone: "+14155552671" });
    for (const text of ["030 12345678", "12", "+49", "call me", "+1 415 555 2671 ext. 7", "+4930123456\r\nX"])
      expect(readPhone(text)).toMatchObject({ outcome: "refused" });
  });

  it("AUD-1: text is stored well-formed, composed, and without what can't be seen", () => {
    expect(cleanText("\u202eevil\u202c\0 \ud800")).toBe("evil \ufffd");
    expect(cleanText("\u200b  Zoe\u0308\u00a0\ufeff")).toBe("Zoë");
    expect(cleanText("👩\u200d👧")).toBe("👩\u200d👧");
    expect(cleanLine("Ann\r\nBcc: x\t y")).toBe("Ann Bcc: x y");
    expect(truncated("a😀b", 3)).toBe("a…");
    expect(truncated("abc", 3)).toBe("abc");
  });
});
