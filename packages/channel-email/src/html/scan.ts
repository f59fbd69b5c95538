/** A flat view of an HTML document with the position of everything, so that it can be edited without being written anew. */
import { QuoteType, Tokenizer } from "htmlparser2";
import type { Range } from "./ranges.ts";

/** The value of an attribute. */
export interface AttributeValue extends Range {
  /** Whether quotes stand around the range. */
  readonly quoted: boolean;
}

/** An opening tag. */
export interface OpenTag extends Range {
  readonly type: "open";
  /** In lower case. */
  readonly name: string;
  /** By name in lower case; the first of a name counts, as in browsers. `null` for an attribute without a value. */
  readonly attributes: ReadonlyMap<string, AttributeValue | null>;
}

/** A closing tag. */
export interface CloseTag extends Range {
  readonly type: "close";
  readonly name: string;
}

/** Text between tags. */
export interface TextRun extends Range {
  readonly type: "text";
}

export type HtmlPart = OpenTag | CloseTag | TextRun;

function ignore(): void {
  // What stands there is neither a link nor text.
}

/** Takes the document apart. Comments (Outlook's conditional ones too), declarations and entities are left where they are. */
export function scanHtml(html: string): HtmlPart[] {
  const parts: HtmlPart[] = [];
  let opening: { name: string; begin: number; attributes: Map<string, AttributeValue | null> } | null = null;
  let attribute: { name: string; begin: number; end: number } | null = null;

  function finishOpening(end: number): void {
    if (opening !== null) parts.push({ type: "open", end, ...opening });
    opening = null;
  }
  const tokenizer = new Tokenizer(
    { decodeEntities: false },
    {
      onopentagname(begin, end) {
        opening = { name: html.slice(begin, end).toLowerCase(), begin: begin - 1, attributes: new Map() };
      },
      onattribname(begin, end) {
        attribute = { name: html.slice(begin, end).toLowerCase(), begin: -1, end: -1 };
      },
      onattribdata(begin, end) {
        if (attribute === null) return;
        if (attribute.begin === -1) attribute.begin = begin;
        attribute.end = end;
      },
      onattribend(quote, end) {
        if (attribute === null || opening === null) return;
        const { name, begin } = attribute;
        const quoted = quote === QuoteType.Double || quote === QuoteType.Single;
        const value = begin === -1 ? null : { begin, end: attribute.end, quoted };
        const empty = value === null && quoted ? { begin: end - 1, end: end - 1, quoted } : value;
        if (!opening.attributes.has(name)) opening.attributes.set(name, empty);
        attribute = null;
      },
      onopentagend(end) {
        finishOpening(end + 1);
      },
      onselfclosingtag(end) {
        finishOpening(end + 1);
      },
      onclosetag(begin, end) {
        const close = html.indexOf(">", end);
        parts.push({
          type: "close",
          name: html.slice(begin, end).toLowerCase(),
          begin: begin - 2,
          end: close === -1 ? html.length : close + 1,
        });
      },
      ontext(begin, end) {
        parts.push({ type: "text", begin, end });
      },
      onattribentity: ignore,
      ontextentity: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onprocessinginstruction: ignore,
      onend: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return parts;
}

/** A replacement of a range; an empty range inserts. */
export interface Edit extends Range {
  readonly text: string;
}

/** Applies edits that don't overlap; those at one place keep their order. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let result = "";
  let from = 0;
  for (const edit of edits.toSorted((left, right) => left.begin - right.begin)) {
    result += source.slice(from, edit.begin) + edit.text;
    from = edit.end;
  }
  return result + source.slice(from);
}
