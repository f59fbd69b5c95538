/** Checks that the content and the config of an e-mail share. */
import { z } from "zod";
import { isAddress, parseMailbox } from "../address.ts";
import { isHeaderSafe } from "../header-text.ts";
import type { Mailbox } from "../message.ts";

/** What becomes of a message that lacks a merge field: `empty` sends it with nothing there, the others don't send it. */
export const missingFieldSchema: z.ZodEnum<{ empty: "empty"; skip: "skip"; fail: "fail" }> = z.enum(
  ["empty", "skip", "fail"],
  {
    error: 'must be "empty", "skip" or "fail"',
  },
);

/** `hello@shop.example`, `The Shop <hello@shop.example>`, or `{ name, address }`; becomes the last. */
export type MailboxInput = string | { readonly name?: string | undefined; readonly address: string };

/** One line of text that may stand in a header. */
export function headerLine(what: string, maximum: number): z.ZodString {
  return z
    .string({ error: `${what} must be text` })
    .max(maximum, { error: `${what} is longer than ${maximum} characters` })
    .refine(isHeaderSafe, { error: `${what} holds a line break or another control character` });
}

const mailboxObject = z.strictObject({
  name: headerLine("a display name", 200).default(""),
  address: z.string().refine(isAddress, { error: "is no mail address such as hello@shop.example" }),
});

const ONE_ADDRESS = "must be one mail address such as hello@shop.example or Shop <hello@shop.example>";

/** Accepts a `MailboxInput`. */
export const mailboxSchema: z.ZodType<Mailbox, MailboxInput> = z.union(
  [
    z.string().transform((text, context): Mailbox => {
      const mailbox = parseMailbox(text);
      if (mailbox !== null) return mailbox;
      context.addIssue({ code: "custom", message: ONE_ADDRESS });
      return z.NEVER;
    }),
    mailboxObject,
  ],
  { error: ONE_ADDRESS },
);

/** Header names an author may set besides `X-…`; everything else is made by the channel. */
const ALLOWED_HEADERS: readonly string[] = [
  "auto-submitted",
  "comments",
  "feedback-id",
  "importance",
  "in-reply-to",
  "keywords",
  "list-archive",
  "list-help",
  "list-id",
  "list-owner",
  "list-post",
  "organization",
  "precedence",
  "references",
];

/** Whether an author may set the header. */
function isAllowedHeader(name: string): boolean {
  return /^x-[a-z0-9-]{1,60}$/i.test(name) || ALLOWED_HEADERS.includes(name.toLowerCase());
}

/** A record whose names are checked too: `fault` says what is wrong with one, or nothing. */
export function namedRecord<Output, Input>(
  value: z.ZodType<Output, Input>,
  fault: (name: string) => string | undefined,
): z.ZodType<Record<string, Output>, Record<string, Input>> {
  return z.record(z.string(), value).superRefine((record, context) => {
    for (const name of Object.keys(record)) {
      const message = fault(name);
      if (message !== undefined) context.addIssue({ code: "custom", path: [name], message });
    }
  });
}

/** Further headers, by name. */
export const headersSchema: z.ZodType<Record<string, string>, Record<string, string>> = namedRecord(
  headerLine("a header value", 900),
  (name) =>
    isAllowedHeader(name)
      ? undefined
      : `is not a header that can be set: use an X- header or one of ${ALLOWED_HEADERS.join(", ")}`,
);
