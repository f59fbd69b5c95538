/** The text part of a message that has only HTML: derived once per template, Liquid and links kept. */
import { convert, type FormatCallback, type HtmlToTextOptions } from "html-to-text";
import { noteCompile } from "../diagnostics.ts";
import { firstEndingAt, isInside } from "../html/ranges.ts";
import { applyEdits, type Edit, type HtmlPart } from "../html/scan.ts";
import type { LiquidSpan } from "../liquid/spans.ts";
import type { HtmlBody } from "./document.ts";
import { type HtmlLink, hrefEdit, linkTagSource } from "./links.ts";
import { Placeholders } from "./placeholders.ts";

const alternativeText: FormatCallback = (element, _walk, builder) => {
  const alt: unknown = element.attribs?.["alt"];
  if (typeof alt === "string" && alt.trim() !== "") builder.addInline(alt);
};

/** Cells of a row are set apart; most are columns of a layout. */
const cell: FormatCallback = (element, walk, builder) => {
  walk(element.children, builder);
  builder.addInline(" ");
};

const OPTIONS: HtmlToTextOptions = {
  wordwrap: false,
  formatters: { alternativeText, cell },
  selectors: [
    // RFC 3986, appendix C: angle brackets delimit an address in text.
    { selector: "a", options: { linkBrackets: ["<", ">"], noAnchorUrl: true } },
    { selector: "img", format: "alternativeText" },
    { selector: "head", format: "skip" },
    { selector: "tr", format: "block", options: { leadingLineBreaks: 1, trailingLineBreaks: 1 } },
    { selector: "td", format: "cell" },
    { selector: "th", format: "cell" },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
};

/** Turns an HTML template into a text template with the same Liquid tags in the same order. */
export function deriveText({ html, parts, spans, links }: HtmlBody): string {
  noteCompile("html-to-text");
  const words = new Placeholders(html);
  const tracked = links.filter((link) => link.slot !== null);
  const addresses = tracked.map((link) => link.value);
  const liquid = spans.filter((span) => !isInside(span, addresses));
  const visible = visibleParts(parts);
  const edits = liquid.flatMap((span) =>
    wordEdits(span, visible, words.add(html.slice(span.begin, span.end))),
  );
  for (const link of tracked) edits.push(hrefEdit(link, words.add(linkTagSource(link.slot ?? 0))));
  const text = convert(applyEdits(html, edits), OPTIONS);
  return restoreAll(withoutRepeats(text, words, liquid.length, tracked), words, liquid);
}

/** A link whose text is its address needs no second address behind it. `first` is the number of the first link's word. */
function withoutRepeats(
  text: string,
  words: Placeholders,
  first: number,
  links: readonly HtmlLink[],
): string {
  let result = "";
  let from = 0;
  for (const { number, begin, end } of words.occurrencesIn(text)) {
    const link = links[number - first];
    const shown = `${link?.source} <`;
    if (link === undefined || !text.startsWith(shown, begin - shown.length) || text[end] !== ">") continue;
    result += text.slice(from, begin - shown.length) + text.slice(begin, end);
    from = end + 1;
  }
  return result + text.slice(from);
}

const HIDDEN = new Set(["head", "style", "script", "title"]);

/** The parts that can show: those outside of head, styles and scripts. */
function visibleParts(parts: readonly HtmlPart[]): HtmlPart[] {
  const hidden: string[] = [];
  return parts.filter((part) => {
    if (part.type === "text") return hidden.length === 0;
    if (part.type === "open" && HIDDEN.has(part.name)) hidden.push(part.name);
    else if (part.type === "close" && part.name === hidden.at(-1)) {
      hidden.pop();
      return false;
    }
    return hidden.length === 0;
  });
}

/**
 * Puts a word in the place of Liquid. A tag that stands where text has no place (in a comment, a style, among attributes) moves to
 * the next place that has: what it governs begins there.
 */
function wordEdits(span: LiquidSpan, visible: readonly HtmlPart[], word: string): Edit[] {
  const here = { begin: span.begin, end: span.end };
  const next = visible[firstEndingAt(visible, span.end)];
  const inText = next?.type === "text" && next.begin <= span.begin;
  if (inText || next === undefined || span.kind === "output") return [{ ...here, text: word }];
  const place = next.type === "open" ? next.end : next.begin;
  return [
    { ...here, text: "" },
    { begin: place, end: place, text: word },
  ];
}

/** Puts the Liquid back. Should a tag have got lost, it is put before the next piece that was kept, so that branches stay balanced. */
function restoreAll(text: string, words: Placeholders, liquid: readonly LiquidSpan[]): string {
  const kept = new Set(words.occurrencesIn(text).map((occurrence) => occurrence.number));
  const before = new Map<number, string>();
  let lost = "";
  liquid.forEach((span, number) => {
    if (kept.has(number)) {
      before.set(number, lost);
      lost = "";
    } else if (span.kind === "tag") lost += words.meaning(number);
  });
  const restored = words.restore(text, (number, meaning) => {
    const missing = before.get(number) ?? "";
    before.delete(number);
    return missing + meaning;
  });
  return restored + lost;
}
