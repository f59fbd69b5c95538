/** What an author should look at before a post goes out. Warnings only: nothing here stops a post. */
import type { ChannelWarning } from "@campaignkit/core";
import type { EmailTexts } from "../content/content.ts";
import { textEngine } from "../liquid/engine.ts";
import { CAMPAIGN_FIELDS, MERGE_ROOTS } from "../liquid/scope.ts";
import { liquidSpans } from "../liquid/spans.ts";
import type { HtmlBody } from "./document.ts";
import { attributeText, mentionsPreferences, mentionsUnsubscribe } from "./links.ts";

/** What mailbox lists show of a subject on a phone and on a desk. */
const LONG_SUBJECT = 70;

/** Beyond so many pieces of Liquid a source is not searched for unknown fields. */
const MAX_ANALYSED = 1_000;

/** Where Gmail cuts a mail off ("Message clipped"): 102 KB, less what filling in adds. */
const CLIPPED_BYTES = 100_000;

/** What the lint knows of the surroundings. */
export interface LintContext {
  readonly locale: string | null;
  readonly tracked: boolean;
  readonly footer: boolean;
}

/** Looks a variant over. */
export function lintVariant(
  texts: EmailTexts,
  body: HtmlBody | null,
  text: string,
  context: LintContext,
): ChannelWarning[] {
  const found = [
    ...lintSubject(texts.subject),
    ...lintVariables(texts),
    ...(body === null ? [] : [...lintSize(body), ...lintImages(body), ...lintLinks(body)]),
    ...lintUnsubscribe(body, text, context),
    ...lintPreferences(body, text, context),
  ];
  if (context.locale === null) return found;
  return found.map(({ code, message }) => ({ code, message: `${message} (locale ${context.locale})` }));
}

function lintSubject(subject: string): ChannelWarning[] {
  const fixed = liquidSpans(subject).reduceRight(
    (rest, span) => rest.slice(0, span.begin) + rest.slice(span.end),
    subject,
  );
  if (fixed.length <= LONG_SUBJECT) return [];
  return [
    {
      code: "subject-long",
      message: `The subject has ${fixed.length} characters without its merge fields; mailbox lists cut it after about ${LONG_SUBJECT}.`,
    },
  ];
}

function lintSize({ html }: HtmlBody): ChannelWarning[] {
  const bytes = Buffer.byteLength(html);
  if (bytes <= CLIPPED_BYTES) return [];
  return [
    {
      code: "html-large",
      message: `The HTML has ${bytes} bytes; Gmail cuts mails after about ${CLIPPED_BYTES}, pixel and footer with them.`,
    },
  ];
}

function lintVariables(texts: EmailTexts): ChannelWarning[] {
  const unknown = new Set<string>();
  for (const source of [texts.subject, texts.preheader, texts.html, texts.mjml, texts.text]) {
    // The analysis looks for the line of every variable from the beginning: too slow for a source that a program wrote.
    if (source === undefined || liquidSpans(source).length > MAX_ANALYSED) continue;
    for (const [root, field] of textEngine.globalVariableSegmentsSync(textEngine.parse(source))) {
      if (!MERGE_ROOTS.includes(String(root))) unknown.add(String(root));
      else if (root === "campaign" && !CAMPAIGN_FIELDS.includes(String(field)))
        unknown.add(`campaign.${String(field)}`);
    }
  }
  return [...unknown].map((name) => ({
    code: "unknown-merge-field",
    message: `The merge field ${name} does not exist; there are contact.…, campaign.id, campaign.name, unsubscribeUrl and preferencesUrl.`,
  }));
}

function lintImages({ html, parts }: HtmlBody): ChannelWarning[] {
  return parts.flatMap((part) => {
    if (part.type !== "open" || part.name !== "img" || part.attributes.has("alt")) return [];
    const source = attributeText(html, part, "src") ?? "";
    return [
      {
        code: "image-without-alt",
        message: `The image ${source.slice(0, 80)} has no alt text; give one, or alt="" if it only decorates.`,
      },
    ];
  });
}

function lintLinks({ html, parts, links }: HtmlBody): ChannelWarning[] {
  const warnings: ChannelWarning[] = [];
  const places = new Map(parts.map((part, place) => [part, place]));
  for (const link of links) {
    const to = link.source.slice(0, 80);
    if (link.source === "" || link.source === "#") {
      warnings.push({ code: "link-empty", message: "A link leads nowhere: its address is empty." });
    } else if (link.slot === null && !/^[a-z][a-z0-9+.-]*:|^#|^\{/i.test(link.source)) {
      warnings.push({
        code: "link-relative",
        message: `The link ${to} is relative; a mail has no address of its own, so give it in full.`,
      });
    }
    if (link.tag.name === "a" && !hasContent(html, parts, (places.get(link.tag) ?? 0) + 1)) {
      warnings.push({ code: "link-without-text", message: `The link ${to} shows nothing to click on.` });
    }
  }
  return warnings;
}

/** Whether something shows before the link ends; the next link ends it too. */
function hasContent(html: string, parts: HtmlBody["parts"], from: number): boolean {
  for (let place = from; place < parts.length; place += 1) {
    const part = parts[place];
    if (part === undefined || (part.type !== "text" && part.name === "a")) return false;
    if (part.type === "text" && html.slice(part.begin, part.end).trim() !== "") return true;
    if (part.type === "open" && part.name === "img" && attributeText(html, part, "alt") !== "") return true;
  }
  return false;
}

function lintUnsubscribe(body: HtmlBody | null, text: string, context: LintContext): ChannelWarning[] {
  const written =
    (body !== null && mentionsUnsubscribe(body.html, body.spans)) ||
    mentionsUnsubscribe(text, liquidSpans(text));
  if (written && !context.tracked) {
    return [
      {
        code: "unsubscribe-address-missing",
        message: "The post uses unsubscribeUrl, but messages get none here: the engine has no base URL.",
      },
    ];
  }
  if (written || (context.tracked && context.footer)) return [];
  return [
    {
      code: "unsubscribe-missing",
      message: "The post has no unsubscribe link; add one with {{ unsubscribeUrl }}.",
    },
  ];
}

function lintPreferences(body: HtmlBody | null, text: string, { tracked }: LintContext): ChannelWarning[] {
  const written =
    (body !== null && mentionsPreferences(body.html, body.spans)) ||
    mentionsPreferences(text, liquidSpans(text));
  if (tracked || !written) return [];
  return [
    {
      code: "preferences-address-missing",
      message: "The post uses preferencesUrl, but messages get none here: the engine has no base URL.",
    },
  ];
}
