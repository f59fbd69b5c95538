/** Finds the links of a template, and puts tags in their place that fill in and wrap the address for each recipient. */
import { decodeHTMLAttribute } from "entities";
import { firstEndingAt, isInside, type Range } from "../html/ranges.ts";
import type { AttributeValue, Edit, HtmlPart, OpenTag } from "../html/scan.ts";
import { compilePart } from "../liquid/part.ts";
import { type LiquidSpan, liquidSpans, maskLiquid, rawRegions, rebuild } from "../liquid/spans.ts";
import type { CompiledLink } from "../liquid/tags.ts";
import { withUtm } from "../utm.ts";

/** The links of a post, over all its parts and locales; grows while they are compiled. */
export class LinkTable {
  readonly #all: CompiledLink[] = [];
  readonly #utm: string;
  #tracked = 0;

  /** `utm`: what is added to the query of the tracked ones; none when empty. */
  constructor(utm = "") {
    this.#utm = utm;
  }

  /** Every link, by the number in its tag. */
  get all(): readonly CompiledLink[] {
    return this.#all;
  }

  /** The addresses of the tracked ones, by index. */
  get tracked(): readonly string[] {
    return this.#all.filter((link) => link.index !== null).map((link) => link.source);
  }

  /** Adds a link. Returns the number for its tag. @throws {CHANNEL_FAILED} when its Liquid is faulty. */
  add(written: string, tracked: boolean): number {
    const utm = tracked ? this.#utm : "";
    // Where Liquid ends up in an address, and so where its query begins, shows when it is filled in.
    const isFinal = liquidSpans(written).length === 0;
    const source = isFinal ? withUtm(written, utm) : written;
    const { templates } = compilePart(`the link ${source}`, source, "text");
    this.#all.push({ index: tracked ? this.#tracked++ : null, source, templates, utm: isFinal ? "" : utm });
    return this.#all.length - 1;
  }
}

/** The tag that takes a link's place. */
export function linkTagSource(slot: number): string {
  return `{% campaignkit_link ${slot} %}`;
}

/** A link found in HTML. */
export interface HtmlLink {
  readonly tag: OpenTag;
  readonly value: AttributeValue;
  /** The address with entities decoded, Liquid as written. */
  readonly source: string;
  /** Its number in the table; `null` when the address stays as written. */
  readonly slot: number | null;
}

const WEB = /^https?:\/\//i;
const LIQUID = /^\{[{%]/;

/** Whether the Liquid mentions one of our own pages, which no click is tracked on the way to. */
function mentionsOwnPage(source: string, spans: readonly LiquidSpan[]): boolean {
  return spans.some((span) =>
    /\b(?:unsubscribeUrl|preferencesUrl)\b/.test(source.slice(span.begin, span.end)),
  );
}

/** Whether the Liquid mentions the preference centre. */
export function mentionsPreferences(source: string, spans: readonly LiquidSpan[]): boolean {
  return spans.some((span) => /\bpreferencesUrl\b/.test(source.slice(span.begin, span.end)));
}

/** Whether the Liquid mentions the unsubscribe address. */
export function mentionsUnsubscribe(source: string, spans: readonly LiquidSpan[]): boolean {
  return spans.some((span) => /\bunsubscribeUrl\b/.test(source.slice(span.begin, span.end)));
}

/**
 * The links of an HTML template: `<a href>` and `<area href>`. Tracked are web addresses, and addresses that begin with Liquid (what
 * they are shows when they are merged). Never tracked: other schemes, anchors, the links to unsubscribe and to the preference centre,
 * `data-track="off"`.
 */
export function findHtmlLinks(
  html: string,
  parts: readonly HtmlPart[],
  spans: readonly LiquidSpan[],
  table: LinkTable,
): HtmlLink[] {
  const verbatim = rawRegions(spans);
  return parts.flatMap((part): HtmlLink[] => {
    if (part.type !== "open" || (part.name !== "a" && part.name !== "area")) return [];
    const value = part.attributes.get("href");
    if (value === undefined || value === null || isInside(value, verbatim)) return [];
    const written = html.slice(value.begin, value.end);
    const source = rebuild(
      written,
      liquidSpans(written),
      (span) => written.slice(span.begin, span.end),
      decodeHTMLAttribute,
    ).trim();
    const liquid = liquidSpans(source);
    const filledIn = WEB.test(source) || LIQUID.test(source);
    if (!filledIn || mentionsOwnPage(source, liquid)) return [{ tag: part, value, source, slot: null }];
    const off = attributeText(html, part, "data-track")?.toLowerCase() === "off";
    return [{ tag: part, value, source, slot: table.add(source, !off) }];
  });
}

/** The text of an attribute; `null` when it has no value, `undefined` when there is none. */
export function attributeText(html: string, tag: OpenTag, name: string): string | null | undefined {
  const value = tag.attributes.get(name);
  return value === undefined || value === null
    ? value
    : decodeHTMLAttribute(html.slice(value.begin, value.end)).trim();
}

/** The edit that puts `text` in place of a link's address. */
export function hrefEdit(link: HtmlLink, text: string): Edit {
  return { begin: link.value.begin, end: link.value.end, text: link.value.quoted ? text : `"${text}"` };
}

const TEXT_ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
const PUNCTUATION = ".,;:!?'\")]}";
/** Tags after which a branch ends; behind an address, any other would be part of it. */
const BRANCH_END = /^(?:end\w+|else|elsif|when|)$/;

/**
 * Puts tags in place of the web addresses of a plain text. An address that an HTML part of the same message has as well shares its
 * place in `links`.
 */
export function wrapTextLinks(text: string, table: LinkTable, known: ReadonlyMap<string, number>): string {
  const spans = liquidSpans(text);
  const verbatim = rawRegions(spans);
  const edits: (Range & { readonly slot: number })[] = [];
  for (const match of maskLiquid(text, spans).matchAll(TEXT_ADDRESS)) {
    const begin = match.index;
    const end = addressEnd(text, begin, begin + match[0].length, spans);
    const next = spans[firstEndingAt(spans, end + 1)];
    const goesOn = next?.begin === end && !BRANCH_END.test(next.name);
    if (goesOn || isInside({ begin, end }, verbatim)) continue;
    const source = text.slice(begin, end);
    if (mentionsOwnPage(source, liquidSpans(source))) continue;
    edits.push({ begin, end, slot: known.get(source) ?? table.add(source, true) });
  }
  let result = "";
  let from = 0;
  for (const { begin, end, slot } of edits) {
    result += text.slice(from, begin) + linkTagSource(slot);
    from = end;
  }
  return result + text.slice(from);
}

/** Where the address ends: without the punctuation of the sentence around it, unless that belongs to Liquid. */
function addressEnd(text: string, begin: number, end: number, spans: readonly LiquidSpan[]): number {
  const least = Math.max(begin, spans[firstEndingAt(spans, end + 1) - 1]?.end ?? 0);
  let last = end;
  while (last > least && PUNCTUATION.includes(text.charAt(last - 1))) last -= 1;
  return last;
}
