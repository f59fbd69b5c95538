import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Encoding, readText, type TextSource } from "./text-source.ts";

async function all(source: TextSource, encoding: Encoding = "auto"): Promise<string> {
  let text = "";
  for await (const piece of readText(source, encoding)) text += piece;
  return text;
}

const pieces = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const german = "email,name\nann@example.com,Jürgen Groß\n".repeat(4);

describe("text sources", () => {
  it.each([
    ["UTF-8", Buffer.from(german)],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${german}`)],
    ["UTF-16LE with a mark", Buffer.from(`\ufeff${german}`, "utf16le")],
    ["UTF-16BE with a mark", utf16be(`\ufeff${german}`)],
    ["UTF-16LE without a mark", Buffer.from(german, "utf16le")],
    ["UTF-16BE without a mark", utf16be(german)],
    ["Latin-1", Buffer.from(german, "latin1")],
  ])("AUD-1: %s is found out, however the bytes are cut", async (_, bytes) => {
    for (const size of [1, 2, 3, 7, 64, 65, 10_000]) expect(await all(pieces(bytes, size))).toBe(german);
  });

  it("AUD-1: Windows-1252 is more than Latin-1: the euro sign and the curly quotes are in it", async () => {
    expect(await all(Uint8Array.from([0x80, 0x20, 0x93, 0x94]))).toBe("€ “”");
  });

  it("AUD-1: bytes that fit nowhere become U+FFFD; a named encoding is believed, a byte order mark more so", async () => {
    expect(await all(Buffer.concat([Buffer.from("ü".repeat(40)), Uint8Array.from([0xff])]), "utf-8")).toBe(
      `${"ü".repeat(40)}\ufffd`,
    );
    expect(await all(Buffer.from("ü", "latin1"), "windows-1252")).toBe("ü");
    expect(await all(Buffer.from("\ufeffü", "utf16le"), "utf-8")).toBe("ü");
    expect(await all(new Uint8Array(0))).toBe("");
  });

  it("AUD-1: line ends become one, strings and streams are read alike", async () => {
    expect(await all("\ufeffa\r\nb\rc\n\r\n")).toBe("a\nb\nc\n\n");
    expect(await all(["a\r", "\nb\r", "\r", "\nc\r"])).toBe("a\nb\n\nc\n");
    const stream = new Blob(["a\r\n", "ü"]).stream();
    expect(await all(stream)).toBe("a\nü");
  });

  it("AUD-1: any text in any of the Unicode encodings survives any cutting", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/^\ufeff|\r|\0/.test(text)),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("utf-8" as const, "utf-16le" as const, "utf-16be" as const),
        async (text, size, encoding) => {
          const bytes =
            encoding === "utf-8"
              ? Buffer.from(text)
              : encoding === "utf-16le"
                ? Buffer.from(text, "utf16le")
                : utf16be(text);
          expect(await all(pieces(bytes, size), encoding)).toBe(text.toWellFormed());
        },
      ),
    );
  });
});
