/** The text part of a message that has only HTML: derived once per template, Liquid and links kept. */
import { convert, type FormatCallback, type HtmlToTextOptions } from "html-to-text";
import { applyEdits } from "../html/scan.ts";
import type { LiquidSpan } from "../liquid/spans.ts";
import { type HtmlLink, hrefEdit, linkTagSource } from "./links.ts";
import { Placeholders } from "./placeholders.ts";

const alternativeText: FormatCallback = (element, _walk, builder) => {
  const alt: unknown = element.attribs?.["alt"];
  if (typeof alt === "string" && alt.trim() !== "") builder.addInline(alt);
};

const OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  formatters: { alternativeText },
  selectors: [
    // RFC 3986, appendix C: angle brackets delimit an address in text.
    { selector: "a", options: { linkBrackets: ["<", ">"], noAnchorUrl: true } },
    { selector: "img", format: "alternativeText" },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: "table", options: { uppercaseHeaderCells: false } },
  ],
};

/** Turns an HTML template into a text template with the same Liquid tags in the same order. */
export function deriveText(html: string, spans: readonly LiquidSpan[], links: readonly HtmlLink[]): string {
  const words = new Placeholders(html);
  const tracked = links.filter((link) => link.slot !== null);
  const inLinks = (span: LiquidSpan) =>
    tracked.some(({ value }) => span.begin >= value.begin && span.end <= value.end);
  const liquid = spans.filter((span) => !inLinks(span));
  const liquidEdits = liquid.map((span) => ({ ...span, text: words.add(html.slice(span.begin, span.end)) }));
  const linkWords = tracked.map((link) => ({ link, word: words.add(linkTagSource(link.slot ?? 0)) }));
  const linkEdits = linkWords.map(({ link, word }) => hrefEdit(link, word));
  let text = convert(applyEdits(html, [...liquidEdits, ...linkEdits]), OPTIONS);
  // A link whose text is its address needs no second address behind it.
  for (const { link, word } of linkWords) text = text.replaceAll(`${link.source} <${word}>`, word);
  return restoreBalanced(text, words, liquid);
}

/**
 * Puts the Liquid back. Tags that stood where text has no place (in a comment, a style, an attribute) are put before the next
 * one that was kept: the order of tags stays, so what was balanced is balanced.
 */
function restoreBalanced(text: string, words: Placeholders, liquid: readonly LiquidSpan[]): string {
  const kept = new Set(words.numbersIn(text));
  const before = new Map<number, number[]>();
  let waiting: number[] = [];
  liquid.forEach((span, number) => {
    if (span.kind !== "tag") return;
    if (!kept.has(number)) waiting.push(number);
    else {
      before.set(number, waiting);
      waiting = [];
    }
  });
  const meaning = (number: number) => words.meaning(number);
  const restored = words.restore(text, (number, itself) => {
    const lost = before.get(number) ?? [];
    before.delete(number);
    return lost.map(meaning).join("") + itself;
  });
  return restored + waiting.map(meaning).join("");
}
