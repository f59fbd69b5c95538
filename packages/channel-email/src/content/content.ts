/** The content of an e-mail post. */
import { z } from "zod";
import type { Fallbacks, MissingFieldPolicy } from "../liquid/merge.ts";
import type { EmailFile, InlineImage } from "../message.ts";
import { type UtmInput, utmSchema } from "../utm.ts";
import { headersSchema, missingFieldSchema, namedRecord } from "./fields.ts";
import { attachmentSchema, type BytesInput, decodedLength, inlineImageSchema } from "./files.ts";

/** The texts of a message. All take Liquid merge fields. */
export interface EmailTextsInput {
  readonly subject: string;
  /** What mailbox lists show behind the subject. */
  readonly preheader?: string | undefined;
  /** The body as HTML: a document, or a fragment that gets a document around it. Not beside `mjml`. */
  readonly html?: string | undefined;
  /** The body as MJML. Not beside `html`. */
  readonly mjml?: string | undefined;
  /** The text part; derived from the HTML when absent. */
  readonly text?: string | undefined;
}

/** What a post on an e-mail channel holds. */
export interface EmailContentInput extends EmailTextsInput {
  /** Texts by locale (`de`, `pt-BR`); what one does not give is taken from the post itself. */
  readonly locales?: Readonly<Record<string, LocaleTexts>> | undefined;
  /** Further headers: `X-…`, `List-Id`, `Feedback-ID` and a few more. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly inlineImages?:
    | readonly {
        readonly cid: string;
        readonly filename?: string | undefined;
        readonly contentType: string;
        readonly content: BytesInput;
      }[]
    | undefined;
  readonly attachments?:
    | readonly { readonly filename: string; readonly contentType: string; readonly content: BytesInput }[]
    | undefined;
  /** Values for merge fields that a contact lacks: `{ "contact.firstName": "friend" }`. */
  readonly fallbacks?: Fallbacks | undefined;
  /** Overrides the campaign's and the channel's policy. */
  readonly missingField?: MissingFieldPolicy | undefined;
  /** Campaign parameters on the tracked links; each overrides the campaign's and the channel's. */
  readonly utm?: UtmInput | undefined;
}

/** The texts of a message, checked. */
export interface EmailTexts {
  readonly subject: string;
  readonly preheader?: string | undefined;
  readonly html?: string | undefined;
  readonly mjml?: string | undefined;
  readonly text?: string | undefined;
}

/** A locale's texts: what it changes. */
export interface LocaleTexts extends Omit<EmailTexts, "subject"> {
  readonly subject?: string | undefined;
}

/** Checked content: plain JSON, and valid as input again. */
export interface EmailContent extends EmailTexts {
  readonly locales?: Readonly<Record<string, LocaleTexts>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly inlineImages?: readonly InlineImage[] | undefined;
  readonly attachments?: readonly EmailFile[] | undefined;
  readonly fallbacks?: Fallbacks | undefined;
  readonly missingField?: MissingFieldPolicy | undefined;
  readonly utm?: UtmInput | undefined;
}

const MAX_BODY = 500_000;
const body = (what: string) =>
  z
    .string({ error: `${what} must be text` })
    .min(1, { error: `${what} is empty; leave it out instead` })
    .max(MAX_BODY, { error: `${what} is longer than ${MAX_BODY} characters` });

const texts = {
  subject: z
    .string({ error: "a subject is needed" })
    .max(1_000, { error: "the subject is longer than 1000 characters" })
    .refine((subject) => subject.trim() !== "", { error: "the subject is empty" }),
  preheader: body("the preheader")
    .max(1_000, { error: "the preheader is longer than 1000 characters" })
    .optional(),
  html: body("html").optional(),
  mjml: body("mjml").optional(),
  text: body("text").optional(),
};

function checkBodies(value: LocaleTexts, context: z.RefinementCtx): void {
  if (value.html !== undefined && value.mjml !== undefined) {
    context.addIssue({ code: "custom", path: ["mjml"], message: "give html or mjml, not both" });
  }
}

const variant = z.strictObject({ ...texts, subject: texts.subject.optional() }).superRefine(checkBodies);

const FALLBACK_PATH = /^(?:contact\.)?[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*$/;

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    // RangeError is how the platform says that it is no language tag.
    return false;
  }
}

/** Lets a check run beside the fields' own, so that all problems come at once. */
const isRecord = ({ value }: { readonly value: unknown }) => typeof value === "object" && value !== null;

/** The schema of a post's content. `maxFileBytes` bounds attachments and inline images together. */
export function contentSchema(maxFileBytes: number): z.ZodType<EmailContent, EmailContentInput> {
  return z
    .strictObject({
      ...texts,
      locales: namedRecord(variant, (tag) =>
        isLocale(tag) ? undefined : "is no locale such as de or pt-BR",
      ).optional(),
      headers: headersSchema.optional(),
      inlineImages: z.array(inlineImageSchema).readonly().optional(),
      attachments: z.array(attachmentSchema).readonly().optional(),
      fallbacks: namedRecord(z.union([z.string(), z.number(), z.boolean()]), (path) =>
        FALLBACK_PATH.test(path) ? undefined : "is no merge field such as contact.firstName",
      ).optional(),
      missingField: missingFieldSchema.optional(),
      utm: utmSchema.optional(),
    })
    .refine(({ html, mjml, text }) => [html, mjml, text].some((body) => body !== undefined), {
      path: ["html"],
      error: "give the body as html, mjml or text",
      when: isRecord,
    })
    .superRefine((content, context) => {
      checkBodies(content, context);
      checkFiles(content, maxFileBytes, context);
    });
}

function checkFiles(content: EmailContent, maxBytes: number, context: z.RefinementCtx): void {
  const cids = (content.inlineImages ?? []).map((image) => image.cid);
  cids.forEach((cid, index) => {
    if (cids.indexOf(cid) === index) return;
    context.addIssue({
      code: "custom",
      path: ["inlineImages", index, "cid"],
      message: `"${cid}" is used twice`,
    });
  });
  const files = [...(content.inlineImages ?? []), ...(content.attachments ?? [])];
  const bytes = files.reduce((sum, file) => sum + decodedLength(file.content), 0);
  if (bytes <= maxBytes) return;
  context.addIssue({
    code: "custom",
    path: ["attachments"],
    message: `attachments and inline images have ${bytes} bytes together; at most ${maxBytes} can be sent`,
  });
}
