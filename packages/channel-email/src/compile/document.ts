/** The HTML template of a message: a whole document with preheader, footer, pixel and link tags in place. */

import { noteCompile } from "../diagnostics.ts";
import { escapeHtml } from "../html/escape.ts";
import { applyEdits, type HtmlPart, scanHtml } from "../html/scan.ts";
import { type LiquidSpan, liquidSpans, maskLiquid, rebuild } from "../liquid/spans.ts";
import { findHtmlLinks, type HtmlLink, hrefEdit, type LinkTable, linkTagSource } from "./links.ts";

/** An HTML body taken apart. */
export interface HtmlBody {
  readonly html: string;
  /** Where the author's source begins in it: a fragment has a document around it. */
  readonly sourceAt: number;
  readonly parts: readonly HtmlPart[];
  readonly spans: readonly LiquidSpan[];
  readonly links: readonly HtmlLink[];
}

/** Takes a body apart and registers its links; a fragment gets a document around it first. */
export function readBody(source: string, locale: string | null, table: LinkTable): HtmlBody {
  noteCompile("html");
  const html = completeDocument(source, locale);
  const spans = liquidSpans(html);
  const parts = scanHtml(maskLiquid(html, spans));
  return {
    html,
    sourceAt: Math.max(0, html.indexOf(source)),
    parts,
    spans,
    links: findHtmlLinks(html, parts, spans, table),
  };
}

function completeDocument(source: string, locale: string | null): string {
  const parts = scanHtml(maskLiquid(source, liquidSpans(source)));
  if (parts.some((part) => part.type === "open" && (part.name === "html" || part.name === "body")))
    return source;
  const language = locale === null ? "" : ` lang="${escapeHtml(locale)}"`;
  return (
    `<!doctype html>\n<html${language} dir="auto">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n</head>\n<body>\n${source}\n</body>\n</html>\n`
  );
}

/** Keeps mailbox lists from showing the body behind the preheader. */
const FILLER = "&#847;&zwnj;&nbsp;".repeat(60);
const HIDDEN =
  "display:none;overflow:hidden;line-height:1px;max-height:0;max-width:0;opacity:0;color:transparent;mso-hide:all";

function preheaderBlock(preheader: string): string {
  const escaped = rebuild(
    preheader,
    liquidSpans(preheader),
    (span) => preheader.slice(span.begin, span.end),
    escapeHtml,
  );
  return `<div style="${HIDDEN}">${escaped}${FILLER}</div>`;
}

/** The Liquid source of the whole HTML part. */
export function documentSource(
  body: HtmlBody,
  additions: { readonly preheader: string | undefined; readonly footer: boolean },
): string {
  const { html, parts, links } = body;
  const begin =
    parts.find((part) => part.type === "open" && part.name === "body")?.end ??
    parts.find((part) => part.type === "close" && part.name === "head")?.end ??
    parts.find((part) => part.type === "open" && part.name === "html")?.end ??
    0;
  const end =
    parts.findLast((part) => part.type === "close" && part.name === "body")?.begin ??
    parts.findLast((part) => part.type === "close" && part.name === "html")?.begin ??
    html.length;
  const top = additions.preheader === undefined ? "" : preheaderBlock(additions.preheader);
  const bottom = `${additions.footer ? "{% campaignkit_unsubscribe %}" : ""}{% campaignkit_open %}`;
  return applyEdits(html, [
    ...links.flatMap((link) => (link.slot === null ? [] : [hrefEdit(link, linkTagSource(link.slot))])),
    { begin, end: begin, text: top },
    { begin: end, end, text: bottom },
  ]);
}
