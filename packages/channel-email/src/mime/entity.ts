/** The parts of a MIME message (RFC 2045–2047, 2387): texts, files, and what holds them together. */
import { buildHeaderValue, foldLines } from "nodemailer/lib/mime-funcs";
import type { EmailFile, InlineImage } from "../message.ts";
import { encodeQuotedPrintable } from "./quoted-printable.ts";

/** A part, or a whole message without its first headers. */
export interface Entity {
  /** Header lines, folded. */
  readonly headers: readonly string[];
  /** Encoded, with CRLF. */
  readonly body: string;
}

/** The part as it stands in a message. */
export function writeEntity({ headers, body }: Entity): string {
  return `${headers.join("\r\n")}\r\n\r\n${body}`;
}

/** A text. Quoted-printable, so that it stays legible; base64 where that is shorter. */
export function textEntity(subtype: "plain" | "html", text: string): Entity {
  const bytes = Buffer.byteLength(text);
  // How many bytes belong to characters beyond ASCII, roughly: quoted-printable writes each as three, base64 as four thirds.
  const beyondAscii = (bytes - text.length) * 2;
  const base64 = beyondAscii > bytes / 4;
  return {
    headers: [
      `Content-Type: text/${subtype}; charset=utf-8`,
      `Content-Transfer-Encoding: ${base64 ? "base64" : "quoted-printable"}`,
    ],
    body: base64
      ? wrapBase64(Buffer.from(text.toWellFormed().replace(/\r\n|\r|\n/g, "\r\n")).toString("base64"))
      : encodeQuotedPrintable(text),
  };
}

/** Several parts as one. The boundary holds `=_`, which neither quoted-printable nor base64 can. */
export function multipart(
  subtype: "alternative" | "related" | "mixed",
  boundary: string,
  parts: readonly Entity[],
): Entity {
  // RFC 2387, 3.1: the type of the root, which is the first.
  const type = subtype === "related" ? '; type="text/html"' : "";
  const marker = `=_${boundary}-${subtype}`;
  return {
    headers: [`Content-Type: multipart/${subtype}${type};\r\n boundary="${marker}"`],
    body: `${parts.map((part) => `--${marker}\r\n${writeEntity(part)}\r\n`).join("")}--${marker}--\r\n`,
  };
}

/** Files are encoded once, for all messages that carry them. */
const encodedFiles = new WeakMap<EmailFile, Entity>();

function once<File extends EmailFile>(file: File, encode: (file: File) => Entity): Entity {
  const before = encodedFiles.get(file);
  if (before !== undefined) return before;
  const entity = encode(file);
  encodedFiles.set(file, entity);
  return entity;
}

/** A file that travels along. */
export function attachmentEntity(file: EmailFile): Entity {
  return once(file, () => fileEntity(file, "attachment", []));
}

/** An image that the HTML refers to. */
export function inlineImageEntity(image: InlineImage): Entity {
  return once(image, () => fileEntity(image, "inline", [`Content-ID: <${image.cid}>`]));
}

function fileEntity(file: EmailFile, disposition: string, more: readonly string[]): Entity {
  const { filename, contentType, content } = file;
  return {
    headers: [
      foldLines(`Content-Type: ${buildHeaderValue({ value: contentType, params: { name: filename } })}`, 76),
      "Content-Transfer-Encoding: base64",
      ...more,
      foldLines(`Content-Disposition: ${buildHeaderValue({ value: disposition, params: { filename } })}`, 76),
    ],
    body: wrapBase64(content),
  };
}

function wrapBase64(base64: string): string {
  return base64.replace(/.{76}(?=.)/g, "$&\r\n");
}
