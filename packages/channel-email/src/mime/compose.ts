/** Writes a message as MIME (RFC 5322), signed. */
import DKIM from "nodemailer/lib/dkim";
import { foldLines } from "nodemailer/lib/mime-funcs";
import MimeNode from "nodemailer/lib/mime-node";
import { type DkimKey, SIGNED_HEADERS } from "../dkim.ts";
import type { EmailMessage } from "../message.ts";
import {
  attachmentEntity,
  type Entity,
  inlineImageEntity,
  multipart,
  textEntity,
  writeEntity,
} from "./entity.ts";

/** What a message is composed with, beyond itself. */
export interface ComposeContext {
  /** The Date header, in milliseconds since the Unix epoch. */
  readonly now: number;
  readonly dkim: DkimKey | null;
}

/** The whole message as it goes over the wire, without dot-stuffing. */
export async function composeMime(message: EmailMessage, { now, dkim }: ComposeContext): Promise<Buffer> {
  const { headers, body } = bodyEntity(message);
  const bytes = Buffer.from(
    writeEntity({ headers: [...messageHeaders(message, now), "MIME-Version: 1.0", ...headers], body }),
  );
  return dkim === null ? bytes : sign(bytes, dkim);
}

function bodyEntity(message: EmailMessage): Entity {
  // Derived from the message id, so that two attempts of one delivery are the same bytes but for the date.
  const boundary = message.messageId.slice(1, 25);
  const text = textEntity("plain", message.text);
  const content =
    message.html === null
      ? text
      : multipart("alternative", boundary, [text, htmlEntity(message, message.html, boundary)]);
  if (message.attachments.length === 0) return content;
  return multipart("mixed", boundary, [content, ...message.attachments.map(attachmentEntity)]);
}

function htmlEntity(message: EmailMessage, html: string, boundary: string): Entity {
  const entity = textEntity("html", html);
  if (message.inlineImages.length === 0) return entity;
  return multipart("related", boundary, [entity, ...message.inlineImages.map(inlineImageEntity)]);
}

function messageHeaders(message: EmailMessage, now: number): string[] {
  const { from, to, replyTo, subject, messageId, headers } = message;
  return [
    header("From", from),
    header("To", to),
    ...(replyTo === null ? [] : [header("Reply-To", replyTo)]),
    header("Subject", subject),
    header("Message-ID", messageId),
    header("Date", new Date(now)),
    ...Object.entries(headers).map(([name, value]) =>
      VERBATIM.has(name) ? `${name}: ${value}` : header(name, value),
    ),
  ];
}

/** Headers that must be neither folded nor encoded; the values are the channel's own. */
const VERBATIM = new Set(["List-Unsubscribe", "List-Unsubscribe-Post"]);

type HeaderValue = Parameters<typeof MimeNode.encodeHeaderValue>[1];

/** One header line, folded; the mail library encodes what is not ASCII and leaves no line break in. */
function header(name: string, value: HeaderValue): string {
  return foldLines(`${name}: ${MimeNode.encodeHeaderValue(name, value)}`, 76);
}

async function sign(message: Buffer, { domain, selector, privateKey }: DkimKey): Promise<Buffer> {
  const signer = new DKIM({
    domainName: domain,
    keySelector: selector,
    privateKey,
    headerFieldNames: SIGNED_HEADERS.join(":"),
  });
  const chunks: Buffer[] = [];
  for await (const chunk of signer.sign(message)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
