/** Compiles a post once and renders it for each recipient. */
import { createHash } from "node:crypto";
import {
  CampaignKitError,
  ChannelError,
  type ChannelWarning,
  type PrepareContext,
  type PreparedPost,
  type RenderContext,
  type Rendered,
} from "@campaignkit/core";
import { asciiDomain } from "./address.ts";
import { LinkTable } from "./compile/links.ts";
import { type CompiledVariant, compileVariant, type VariantContext } from "./compile/variant.ts";
import type { EmailConfig } from "./content/config.ts";
import type { EmailContent, EmailTexts, LocaleTexts } from "./content/content.ts";
import { headerText } from "./header-text.ts";
import { indexFallbacks, type MissingFieldPolicy, mergeParts } from "./liquid/merge.ts";
import { mergeScope } from "./liquid/scope.ts";
import type { FooterWords } from "./liquid/tags.ts";
import { pickLocale } from "./locale.ts";
import type { EmailMessage, Mailbox } from "./message.ts";
import { rejectedContent } from "./rejection.ts";
import { fillAddress } from "./signed-address.ts";
import { type UtmInput, utmQuery } from "./utm.ts";

/** The channel's own settings, which config and content override. */
export interface EmailDefaults {
  readonly from: Mailbox;
  readonly replyTo: Mailbox | null;
  readonly returnPath: string | null;
  /** Where people unsubscribe by writing. */
  readonly unsubscribeAddress: string | null;
  readonly utm: UtmInput | undefined;
  readonly missingField: MissingFieldPolicy;
  /** The footer's words by locale, those for all others under `""`; `null` adds no footer. */
  readonly footer: ReadonlyMap<string, FooterWords> | null;
}

const NO_WORDS: FooterWords = { text: "", link: "" };

/** @throws {CHANNEL_FAILED} `rejected-content` when MJML or Liquid are faulty. */
export async function preparePost(
  content: EmailContent,
  { config, tracked }: PrepareContext<EmailConfig>,
  defaults: EmailDefaults,
): Promise<PreparedPost<EmailMessage>> {
  const table = new LinkTable(utmQuery(defaults.utm, config.utm, content.utm));
  const variants = await compileAll(content, {
    table,
    tracked,
    footer: tracked && defaults.footer !== null,
    inlineImages: new Set((content.inlineImages ?? []).map(({ cid }) => cid)),
  });
  const envelope = messageEnvelope(content, config, defaults);
  const policy = content.missingField ?? config.missingField ?? defaults.missingField;
  const fallbacks = indexFallbacks(content.fallbacks ?? {});
  return {
    links: table.tracked,
    warnings: distinct([...variants.values()].flatMap((variant) => variant.warnings)),
    render(context: RenderContext): Rendered<EmailMessage> {
      const { recipient, urls, returns } = context;
      if (recipient === null) throw withoutRecipient();
      const variant = pickLocale(variants, recipient.locale);
      const state = { links: table.all, urls, footer: pickFooter(defaults.footer, recipient.locale) };
      const merged = mergeParts(variant.parts, mergeScope(context), { fallbacks, policy, state });
      if (merged.outcome === "missing") {
        return {
          outcome: "missing-fields",
          policy: policy === "skip" ? "skip" : "fail",
          fields: merged.fields,
        };
      }
      const { subject, html, text } = merged.texts;
      return {
        outcome: "rendered",
        message: {
          ...envelope,
          returnPath: fillAddress(envelope.returnPath, returns?.bounce),
          to: { name: displayName(recipient.firstName, recipient.lastName), address: recipient.address },
          subject: headerText(subject),
          html,
          text: variant.textIsDerived ? text.replace(/\n{3,}/g, "\n\n").trim() : text,
          headers: {
            ...envelope.headers,
            ...unsubscribeHeaders(
              urls.unsubscribe,
              fillAddress(defaults.unsubscribeAddress, returns?.unsubscribe),
            ),
          },
          messageId: messageId(context, envelope.from),
        },
      };
    },
  };
}

async function compileAll(
  content: EmailContent,
  context: Omit<VariantContext, "locale">,
): Promise<Map<string, CompiledVariant>> {
  const variants = new Map<string, CompiledVariant>();
  try {
    variants.set("", await compileVariant(content, { ...context, locale: null }));
    for (const [locale, texts] of Object.entries(content.locales ?? {})) {
      variants.set(locale, await compileVariant(localTexts(content, texts), { ...context, locale }));
    }
  } catch (error) {
    if (CampaignKitError.is(error)) throw error;
    // The parsers' own errors, of nesting too deep for the stack for one. The same content would fail again.
    throw rejectedContent(
      `The post can't be compiled: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  return variants;
}

/** A locale's texts over the post's own. A body of its own replaces all bodies of the post, so that they never mix. */
function localTexts(content: EmailContent, local: LocaleTexts): EmailTexts {
  const ownBody = local.html !== undefined || local.mjml !== undefined || local.text !== undefined;
  const { html, mjml, text } = ownBody ? local : content;
  return {
    subject: local.subject ?? content.subject,
    preheader: local.preheader ?? content.preheader,
    html,
    mjml,
    text,
  };
}

function messageEnvelope(content: EmailContent, config: EmailConfig, defaults: EmailDefaults) {
  return {
    from: config.from ?? defaults.from,
    replyTo: config.replyTo ?? defaults.replyTo,
    returnPath: config.returnPath ?? defaults.returnPath,
    headers: mergeHeaders(config.headers, content.headers),
    attachments: content.attachments ?? [],
    inlineImages: content.inlineImages ?? [],
  };
}

/** Header names are the same in any case; the later one wins, as written there. */
function mergeHeaders(
  ...all: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> {
  const byName = new Map<string, readonly [string, string]>();
  for (const [name, value] of all.flatMap((headers) => Object.entries(headers ?? {}))) {
    byName.set(name.toLowerCase(), [name, value]);
  }
  return Object.fromEntries(byName.values());
}

function pickFooter(footer: EmailDefaults["footer"], locale: string | null): FooterWords {
  return footer === null ? NO_WORDS : pickLocale(footer, locale);
}

/** RFC 8058: the address for the one-click POST, and the header that says it is one. RFC 2369: the address to write to, for mailboxes without it. */
function unsubscribeHeaders(url: string | null, address: string | null): Record<string, string> {
  const link = url === null ? [] : [`<${new URL(url).href}>`];
  const mail = address === null ? [] : [`<mailto:${address}?subject=unsubscribe>`];
  if (link.length + mail.length === 0) return {};
  return {
    "List-Unsubscribe": [...link, ...mail].join(", "),
    ...(url === null ? {} : { "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }),
  };
}

function displayName(firstName: string | null, lastName: string | null): string {
  return headerText([firstName, lastName].filter((name) => name !== null && name.trim() !== "").join(" "));
}

/** The same for every attempt of a delivery, so that a mailbox that gets it twice can tell; signed, so that a report that quotes it can be believed. */
function messageId({ idempotencyKey, returns }: RenderContext, from: Mailbox): string {
  const name = returns?.message ?? createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 40);
  return `<${name}@${asciiDomain(from.address)}>`;
}

function distinct(warnings: readonly ChannelWarning[]): ChannelWarning[] {
  return [...new Map(warnings.map((warning) => [`${warning.code}\n${warning.message}`, warning])).values()];
}

function withoutRecipient(): ChannelError {
  return new ChannelError({
    kind: "unsupported",
    outcome: "not-sent",
    message: "An e-mail goes to a recipient; this delivery has none.",
  });
}
