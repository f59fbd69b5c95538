import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBrand } from "./brand.ts";
import { contrast, textOn } from "./contrast.ts";
import { fr } from "./french.ts";
import { de } from "./german.ts";
import { html } from "./html.ts";
import { acceptedLanguages, bestLanguage, directionOf } from "./languages.ts";
import { en } from "./messages.ts";
import { es } from "./spanish.ts";
import { DARK, LIGHT, styleOf } from "./style.ts";

const color = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, "0")}`);

describe("html", () => {
  it("CHN-12: text stays text, wherever it is put", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const page = html`<p title="${text}">${text}</p>`.toString();
        const inner = page.slice('<p title="'.length, -"</p>".length);
        expect(inner.replace('">', "")).not.toMatch(/[<>"']/);
        expect(page.replace(/&(?!(?:amp|lt|gt|quot|#39);)/g, "")).toBe(page);
      }),
    );
  });

  it("keeps pieces of its own, and leaves nothing for what is absent", () => {
    const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`);
    expect(html`<ul>${items}</ul>${null}${false}${0}`.toString()).toBe(
      "<ul><li>a</li><li>&lt;b&gt;</li></ul>0",
    );
  });
});

describe("style", () => {
  it("CHN-12: agrees with WCAG's own examples of contrast", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
    expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
  });

  it("CHN-12: is read by day and by night (WCAG 2.2, 1.4.3 and 1.4.11), whatever colour a brand has", () => {
    for (const { text, quiet, page, field, line, accent } of [LIGHT, DARK]) {
      for (const ground of [page, field])
        for (const writing of [text, quiet]) expect(contrast(writing, ground)).toBeGreaterThanOrEqual(4.5);
      for (const edge of [line, accent]) expect(contrast(edge, page)).toBeGreaterThanOrEqual(3);
    }
    fc.assert(
      fc.property(color, color, (accentColor, darkAccentColor) => {
        const reading = readBrand({ name: "Shop", accentColor, darkAccentColor });
        if (reading.outcome === "refused") throw new Error(reading.reason);
        const [light = "", dark = ""] = styleOf(reading.brand).split("@media (prefers-color-scheme:dark)");
        for (const [sheet, palette] of [
          [light, LIGHT],
          [dark, DARK],
        ] as const) {
          const variable = (name: string): string =>
            new RegExp(`--${name}:(#\\w{6});`).exec(sheet)?.[1] ?? "";
          expect(contrast(variable("on-accent"), variable("accent"))).toBeGreaterThanOrEqual(4.5);
          expect(contrast(variable("edge"), palette.page)).toBeGreaterThanOrEqual(3);
        }
        expect(textOn(accentColor)).toMatch(/^#(000000|ffffff)$/);
      }),
    );
  });
});

describe("languages", () => {
  it("CHN-12: have all words, and the gaps where English has them", () => {
    for (const messages of [de, fr, es])
      for (const [key, text] of Object.entries(en)) {
        const own = messages[key as keyof typeof en];
        expect(own.trim(), key).toBe(own);
        expect(own.match(/\{\w+\}/g) ?? [], key).toEqual(text.match(/\{\w+\}/g) ?? []);
      }
  });

  it("CHN-12: are found by what a browser asks for, and nothing it sends can break that", () => {
    expect(acceptedLanguages("de-AT,de;q=0.9, en;q=0.8,*;q=0.1,<b>,fr;q=0")).toEqual(["de-at", "de", "en"]);
    expect(acceptedLanguages(null)).toEqual([]);
    expect(bestLanguage(["pt-br", "de-at"], ["de", "pt-BR", "pt"])).toBe("pt-BR");
    expect(bestLanguage(["zh-hant-tw"], ["zh", "zh-Hant"])).toBe("zh-Hant");
    expect(bestLanguage(["nl"], ["de"])).toBeNull();
    expect(["ar-EG", "he", "de", "ur-Latn"].map(directionOf)).toEqual(["rtl", "rtl", "ltr", "ltr"]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (header) => {
        for (const tag of acceptedLanguages(header)) expect(tag).toMatch(/^[a-z]{2,8}(-[a-z\d]{1,8})*$/);
      }),
    );
  });
});
