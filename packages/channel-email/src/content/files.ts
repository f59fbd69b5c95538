/** Attachments and inline images: bytes come in as such or as base64, and are kept as base64, so that a post is JSON. */
import { z } from "zod";
import { headerLine } from "./fields.ts";

/** Bytes, or their base64. */
export type BytesInput = string | Uint8Array;

const bytes: z.ZodType<string, BytesInput> = z
  .union([z.instanceof(Uint8Array), z.string()], { error: "must be a Uint8Array or its base64" })
  .transform((content, context): string => {
    if (typeof content !== "string") return Buffer.from(content).toString("base64");
    const compact = content.replace(/\s+/g, "");
    // Whatever is no base64 is skipped in decoding, and missing when it is encoded again.
    if (compact !== "" && Buffer.from(compact, "base64").toString("base64") === compact) return compact;
    context.addIssue({ code: "custom", message: "is not base64; pass the bytes as a Uint8Array instead" });
    return z.NEVER;
  });

const contentType = z.string().regex(/^[\w!#$&^.+-]{1,60}\/[\w!#$&^.+-]{1,80}$/, {
  error: "must be a media type such as application/pdf",
});

const filename = headerLine("a file name", 200).refine((name) => name.trim() !== "" && !/[/\\]/.test(name), {
  error: "must be a file name without a path",
});

/** A file that travels with each message. */
export const attachmentSchema: z.ZodType<
  { filename: string; contentType: string; content: string },
  { filename: string; contentType: string; content: BytesInput }
> = z.strictObject({ filename, contentType, content: bytes });

/** An image shown by `src="cid:…"`. */
export const inlineImageSchema: z.ZodType<
  { cid: string; filename: string; contentType: string; content: string },
  { cid: string; filename?: string | undefined; contentType: string; content: BytesInput }
> = z
  .strictObject({
    cid: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,80}$/, { error: "must be letters, digits, dots, hyphens or underscores" }),
    filename: filename.optional(),
    contentType: contentType.refine((type) => type.startsWith("image/"), {
      error: "must be an image type such as image/png",
    }),
    content: bytes,
  })
  .transform((image) => ({ ...image, filename: image.filename ?? image.cid }));

/** How many bytes a base64 text stands for. */
export function decodedLength(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0);
}
