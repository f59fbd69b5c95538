/** Compiles the texts of one locale into templates. */
import type { ChannelWarning } from "@campaignkit/core";
import type { EmailTexts } from "../content/content.ts";
import { lintVariant } from "../lint/lint.ts";
import type { MessageParts } from "../liquid/merge.ts";
import { compilePart } from "../liquid/part.ts";
import { liquidSpans, refuseReservedTags } from "../liquid/spans.ts";
import { deriveText } from "./derive-text.ts";
import { documentSource, type HtmlBody, readBody } from "./document.ts";
import { type LinkTable, mentionsUnsubscribe, wrapTextLinks } from "./links.ts";
import { compileMjml } from "./mjml.ts";
import { refuseDangerousLinks } from "./refuse-links.ts";

/** The templates of one locale. */
export interface CompiledVariant {
  readonly parts: MessageParts;
  /** Whether the text was derived from the HTML; branches that were not taken leave gaps in it. */
  readonly textIsDerived: boolean;
  readonly warnings: readonly ChannelWarning[];
}

/** What a variant is compiled with. */
export interface VariantContext {
  /** `null` for the post's own texts. */
  readonly locale: string | null;
  readonly table: LinkTable;
  /** Whether messages will carry an unsubscribe address. */
  readonly tracked: boolean;
  /** Whether a footer may be added where the author wrote no unsubscribe link. */
  readonly footer: boolean;
  /** The `cid` of each inline image of the post. */
  readonly inlineImages: ReadonlySet<string>;
}

/** @throws {CHANNEL_FAILED} `rejected-content` when MJML or Liquid are faulty. */
export async function compileVariant(texts: EmailTexts, context: VariantContext): Promise<CompiledVariant> {
  const { table, locale } = context;
  for (const each of [texts.subject, texts.preheader, texts.html, texts.mjml, texts.text])
    refuseReservedTags(each ?? "");
  const source = texts.mjml === undefined ? texts.html : await compileMjml(texts.mjml);
  const body = source === undefined ? null : readBody(source, locale, table);
  refuseDangerousLinks(body?.links ?? []);
  const text = textTemplate(texts, body, table);
  const html = body === null ? null : htmlTemplate(texts, body, context.footer);
  const footed = context.footer && !mentionsUnsubscribe(text, liquidSpans(text));
  return {
    parts: {
      subject: compilePart("the subject", texts.subject, "text"),
      text: compilePart("the text", footed ? `${text}{% campaignkit_unsubscribe %}` : text, "text"),
      html: html === null ? null : compilePart("the HTML", html, "html"),
    },
    textIsDerived: texts.text === undefined,
    warnings: lintVariant({ ...context, texts, body, text }),
  };
}

function textTemplate(texts: EmailTexts, body: HtmlBody | null, table: LinkTable): string {
  if (texts.text === undefined) return body === null ? "" : deriveText(body);
  const known = new Map<string, number>();
  for (const link of body?.links ?? []) {
    if (link.slot !== null && !known.has(link.source)) known.set(link.source, link.slot);
  }
  return wrapTextLinks(texts.text, table, known);
}

function htmlTemplate(texts: EmailTexts, body: HtmlBody, footer: boolean): string {
  return documentSource(body, {
    preheader: texts.preheader,
    footer: footer && !mentionsUnsubscribe(body.html, body.spans),
  });
}
