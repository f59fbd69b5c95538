/** Writes a message as MIME (RFC 5322, 2045–2047, 2387), signed. */
import DKIM from "nodemailer/lib/dkim";
import MailComposer from "nodemailer/lib/mail-composer";
import { type DkimKey, SIGNED_HEADERS } from "../dkim.ts";
import type { EmailMessage } from "../message.ts";

/** What a message is composed with, beyond itself. */
export interface ComposeContext {
  /** The Date header, in milliseconds since the Unix epoch. */
  readonly now: number;
  readonly dkim: DkimKey | null;
}

/** The whole message as it goes over the wire, without dot-stuffing. */
export async function composeMime(message: EmailMessage, { now, dkim }: ComposeContext): Promise<Buffer> {
  const node = new MailComposer({
    from: message.from,
    to: message.to,
    ...(message.replyTo === null ? {} : { replyTo: message.replyTo }),
    subject: message.subject,
    text: message.text,
    ...(message.html === null ? {} : { html: message.html }),
    date: new Date(now),
    messageId: message.messageId,
    headers: headerList(message.headers),
    // Derived from the message id, so that two attempts of one delivery are the same bytes but for the date.
    baseBoundary: message.messageId.slice(1, 25),
    attachments: [
      ...message.attachments.map((file) => ({
        ...file,
        encoding: "base64",
        contentDisposition: "attachment",
      })),
      ...message.inlineImages.map((image) => ({
        ...image,
        encoding: "base64",
        contentDisposition: "inline",
      })),
    ],
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  if (dkim !== null) {
    const signer = new DKIM({
      domainName: dkim.domain,
      keySelector: dkim.selector,
      privateKey: dkim.privateKey,
      headerFieldNames: SIGNED_HEADERS.join(":"),
    });
    node.processFunc((input) => signer.sign(input));
  }
  return node.build();
}

/** List-Unsubscribe must not be encoded or folded inside its address, so it goes in as it is; it is a URL, hence ASCII. */
function headerList(headers: EmailMessage["headers"]) {
  return Object.entries(headers).map(([key, value]) =>
    key === "List-Unsubscribe" ? { key, value: { prepared: true, foldLines: false, value } } : { key, value },
  );
}
