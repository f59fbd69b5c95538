import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexWords, queryWords, searchForm } from "./terms.ts";

function finds(query: string, text: string): boolean {
  const words = indexWords(text);
  return queryWords(query).every((part) => words.some((word) => word.startsWith(part)));
}

describe("the words a campaign is found by", () => {
  it("CAM-2: leave case, accents and compatibility forms aside", () => {
    expect(indexWords("Frühlings-ANGEBOT ①, Ǆungla (50%)")).toEqual([
      "fruhlings",
      "angebot",
      "1",
      "dzungla",
      "50",
    ]);
    expect(searchForm("ÅNGSTRÖM")).toBe("angstrom");
  });

  it("CAM-2: are found by their beginnings", () => {
    expect(finds("fru ang", "Frühlings-Angebot")).toBe(true);
    expect(finds("gebot", "Frühlings-Angebot")).toBe(false);
    expect(finds("FRÜHLINGS angebot", "frühlings angebot")).toBe(true);
  });

  it("CAM-2: are found from any character where a script has no spaces", () => {
    expect(finds("新作", "春の新作セール")).toBe(true);
    expect(finds("セール", "春の新作セール")).toBe(true);
    expect(finds("新春", "春の新作セール")).toBe(false);
  });

  it("CAM-2: of any text are found by the text itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        expect(finds(text, text)).toBe(true);
      }),
    );
  });
});
