/** Where the Liquid stands in a source, so that HTML, MJML and link code can step around it. */
import { Tokenizer, TokenKind, type TopLevelToken } from "liquidjs";
import { rejectedContent } from "../rejection.ts";
import { textEngine } from "./engine.ts";
import { RESERVED_TAG_PREFIX } from "./tags.ts";

/** One `{{ output }}` or `{% tag %}` in a source. */
export interface LiquidSpan {
  readonly kind: "output" | "tag";
  /** First character, and the one after the last. */
  readonly begin: number;
  readonly end: number;
  /** The tag's name; empty for an output. */
  readonly name: string;
}

function tagName(source: string): string {
  return /^\{%-?\s*(\w+)/.exec(source)?.[1] ?? "";
}

/**
 * All Liquid in a source, in order. What stands between `{% raw %}` and `{% endraw %}` is not Liquid and is left out.
 *
 * @throws {CHANNEL_FAILED} `rejected-content` when a delimiter is not closed.
 */
export function liquidSpans(source: string): LiquidSpan[] {
  const spans: LiquidSpan[] = [];
  for (const token of topLevelTokens(source)) {
    if (token.kind === TokenKind.HTML) continue;
    const kind = token.kind === TokenKind.Output ? "output" : "tag";
    const name = kind === "tag" ? tagName(source.slice(token.begin, token.end)) : "";
    spans.push({ kind, begin: token.begin, end: token.end, name });
  }
  return spans;
}

function topLevelTokens(source: string): TopLevelToken[] {
  try {
    return new Tokenizer(source).readTopLevelTokens(textEngine.options);
  } catch (error) {
    throw rejectedContent(
      `The Liquid can't be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

/** @throws {CHANNEL_FAILED} `rejected-content` when an author uses a tag that only compilation may write. */
export function refuseReservedTags(source: string): void {
  const reserved = liquidSpans(source).find((span) => span.name.startsWith(RESERVED_TAG_PREFIX));
  if (reserved === undefined) return;
  throw rejectedContent(
    `The tag {% ${reserved.name} %} is reserved; merge fields and standard Liquid tags can be used.`,
  );
}

/** The regions that Liquid outputs verbatim. */
export function rawRegions(spans: readonly LiquidSpan[]): { readonly begin: number; readonly end: number }[] {
  const regions: { begin: number; end: number }[] = [];
  let opened: number | null = null;
  for (const span of spans) {
    if (span.name === "raw") opened = span.end;
    else if (span.name === "endraw" && opened !== null) {
      regions.push({ begin: opened, end: span.begin });
      opened = null;
    }
  }
  return regions;
}

/**
 * The source with its Liquid blanked out at equal length, for parsers that quotes and angle brackets in it would mislead. Tags become
 * spaces, outputs letters: `<a {% if x %}href="…"` keeps its attribute, `href={{ url }}` its value.
 */
export function maskLiquid(source: string, spans: readonly LiquidSpan[]): string {
  return rebuild(source, spans, (span) => (span.kind === "tag" ? " " : "x").repeat(span.end - span.begin));
}

/** The source with every piece of Liquid replaced. */
export function rebuild(
  source: string,
  spans: readonly LiquidSpan[],
  replace: (span: LiquidSpan, position: number) => string,
  between: (text: string) => string = (text) => text,
): string {
  let result = "";
  let from = 0;
  spans.forEach((span, position) => {
    result += between(source.slice(from, span.begin)) + replace(span, position);
    from = span.end;
  });
  return result + between(source.slice(from));
}
