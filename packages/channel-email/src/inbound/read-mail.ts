/** Reads a mail that came in: a bounce, a complaint, an answer of a machine, or something that somebody wrote. */
import type { InboundContent, InboundMail } from "@campaignkit/core";
import PostalMime, { type Attachment, type Email } from "postal-mime";
import { readDeliveryStatus } from "./delivery-status.ts";
import { readFeedback } from "./feedback.ts";
import { type Fields, fieldOf } from "./fields.ts";
import { addressesIn, type Quoted, readQuoted } from "./quoted.ts";
import { readTextBounce } from "./text-bounce.ts";

/** What is read of a mail. Reports tell first what happened, and quote the message last, attachments and all. */
const MAX_BYTES = 262_144;
/** Of nesting, and of headers over all parts. */
const LIMITS = { maxNestingDepth: 20, maxHeadersSize: 262_144, maxRfc822NestingDepth: 0 } as const;
/** Of a part for machines. */
const MAX_PART = 100_000;

const UNREADABLE: InboundMail = {
  content: { type: "notice", notice: "unreadable" },
  recipients: [],
  references: [],
  writtenTo: [],
};

/** Reads a raw mail. Hostile input costs bounded work, and is `unreadable`. */
export async function readMail(raw: Uint8Array): Promise<InboundMail> {
  let mail: Email;
  try {
    mail = await PostalMime.parse(raw.subarray(0, MAX_BYTES), { ...LIMITS, forceRfc822Attachments: true });
  } catch (error) {
    // The parser's limits throw plain errors; whatever else it may throw, the mail is to blame.
    if (error instanceof Error) return UNREADABLE;
    throw error;
  }
  const headers = headersOf(mail);
  if (headers.size === 0) return UNREADABLE;
  const said = contentOf(mail, headers);
  const quoted = quotedIn(mail, said.quoted);
  return {
    content: said.content,
    recipients: RECIPIENT_HEADERS.flatMap((name) => addressesIn(headers, name)),
    references: [...said.references, ...quoted.references, ...replyNames(headers)],
    // What the quoted message itself says of whom it was to is surer than what servers made of that.
    writtenTo: quoted.writtenTo.length > 0 ? quoted.writtenTo : said.writtenTo,
  };
}

/** Where a mail says whom it came to, the surest first. */
const RECIPIENT_HEADERS = ["delivered-to", "x-original-to", "envelope-to", "x-delivered-to", "to"] as const;

function headersOf(mail: Email): Fields {
  const fields = new Map<string, string[]>();
  for (const { key, value } of mail.headers) {
    if (key === "" || value === "") continue;
    fields.set(key, [...(fields.get(key) ?? []).slice(0, 9), value]);
  }
  return fields;
}

/** Exchange and Gmail name the message in the headers of their report, too. */
function replyNames(headers: Fields): readonly string[] {
  return [fieldOf(headers, "in-reply-to"), fieldOf(headers, "references")].filter((value) => value !== "");
}

interface Said {
  readonly content: InboundContent;
  readonly references: readonly string[];
  readonly writtenTo: readonly string[];
  /** What a bounce in words quotes below them. */
  readonly quoted: Quoted | null;
}

function contentOf(mail: Email, headers: Fields): Said {
  const feedback = partOf(mail, ["message/feedback-report"]);
  if (feedback !== null) return { ...readFeedback(feedback), quoted: null };
  const status = partOf(mail, ["message/delivery-status", "message/global-delivery-status"]);
  const report = status === null ? null : readDeliveryStatus(status);
  if (report !== null) return { ...report, quoted: null };
  const bounce = readTextBounce(headers, mail.text ?? "");
  if (bounce !== null) return { ...bounce, references: [], writtenTo: [] };
  const content: InboundContent = isAutomatic(headers)
    ? { type: "notice", notice: "auto-reply" }
    : { type: "message" };
  return { content, references: [], writtenTo: [], quoted: null };
}

/**
 * Whether it answers by itself (RFC 3834, 5, and what there was before). What a program sends of its own accord, `auto-generated`, may be a mailbox
 * that unsubscribes for its owner.
 */
function isAutomatic(headers: Fields): boolean {
  if (/^auto-(?:replied|notified)\b/i.test(fieldOf(headers, "auto-submitted"))) return true;
  if (["x-autoreply", "x-autorespond", "x-autoresponder"].some((name) => headers.has(name))) return true;
  return /^(?:auto_reply|bulk|junk|list)\b/i.test(fieldOf(headers, "precedence"));
}

const MESSAGE_PARTS = [
  "message/rfc822",
  "text/rfc822-headers",
  "message/global",
  "message/global-headers",
  "message/rfc822-headers",
];

function quotedIn(mail: Email, inWords: Quoted | null): Quoted {
  const part = partOf(mail, MESSAGE_PARTS);
  return part === null ? (inWords ?? { references: [], writtenTo: [] }) : readQuoted(part);
}

/** The beginning of the first part of such a type, as text; `null` when there is none. */
function partOf(mail: Email, types: readonly string[]): string | null {
  const part = mail.attachments.find(({ mimeType }) => types.includes(mimeType));
  return part === undefined ? null : textOf(part);
}

function textOf({ content }: Attachment): string {
  if (typeof content === "string") return content.slice(0, MAX_PART);
  const bytes = content instanceof Uint8Array ? content : new Uint8Array(content);
  return new TextDecoder("utf-8").decode(bytes.subarray(0, MAX_PART));
}
