/** What a campaign can set for an e-mail channel. */
import { z } from "zod";
import type { MissingFieldPolicy } from "../liquid/merge.ts";
import type { Mailbox } from "../message.ts";
import { isReturnPath, isSignedAddress, TOKEN_RULE } from "../signed-address.ts";
import { type UtmInput, utmSchema } from "../utm.ts";
import { headersSchema, type MailboxInput, mailboxSchema, missingFieldSchema } from "./fields.ts";

/** A campaign's settings; each overrides the channel's own. */
export interface EmailConfigInput {
  readonly from?: MailboxInput | undefined;
  readonly replyTo?: MailboxInput | undefined;
  /** The envelope sender: where bounces go; with `{token}` in it, one for each message. */
  readonly returnPath?: string | undefined;
  /** Headers for every message of the campaign; a post's own override them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly missingField?: MissingFieldPolicy | undefined;
  /** Campaign parameters on the tracked links; each overrides the channel's. */
  readonly utm?: UtmInput | undefined;
}

/** A campaign's settings, checked. */
export interface EmailConfig {
  readonly from?: Mailbox | undefined;
  readonly replyTo?: Mailbox | undefined;
  readonly returnPath?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly missingField?: MissingFieldPolicy | undefined;
  readonly utm?: UtmInput | undefined;
}

/** The address that bounces go to, the same for all messages or with a `{token}`. */
export const returnPathSchema: z.ZodString = z.string().refine(isReturnPath, {
  error: `is no mail address such as bounces@shop.example or bounces+{token}@shop.example: ${TOKEN_RULE}`,
});

/** An address with a `{token}`. */
export const signedAddressSchema: z.ZodString = z.string().refine(isSignedAddress, {
  error: `is no mail address such as leave+{token}@shop.example: ${TOKEN_RULE}`,
});

/** The schema of a campaign's settings. */
export const configSchema: z.ZodType<EmailConfig, EmailConfigInput> = z.strictObject({
  from: mailboxSchema.optional(),
  replyTo: mailboxSchema.optional(),
  returnPath: returnPathSchema.optional(),
  headers: headersSchema.optional(),
  missingField: missingFieldSchema.optional(),
  utm: utmSchema.optional(),
});
