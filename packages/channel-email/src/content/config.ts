/** What a campaign can set for an e-mail channel. */
import { z } from "zod";
import { isAddress } from "../address.ts";
import type { MissingFieldPolicy } from "../liquid/merge.ts";
import type { Mailbox } from "../message.ts";
import { headersSchema, type MailboxInput, mailboxSchema, missingFieldSchema } from "./fields.ts";

/** A campaign's settings; each overrides the channel's own. */
export interface EmailConfigInput {
  readonly from?: MailboxInput | undefined;
  readonly replyTo?: MailboxInput | undefined;
  /** The envelope sender: where bounces go. */
  readonly returnPath?: string | undefined;
  /** Headers for every message of the campaign; a post's own override them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly missingField?: MissingFieldPolicy | undefined;
}

/** A campaign's settings, checked. */
export interface EmailConfig {
  readonly from?: Mailbox | undefined;
  readonly replyTo?: Mailbox | undefined;
  readonly returnPath?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly missingField?: MissingFieldPolicy | undefined;
}

/** The address that bounces go to. */
export const returnPathSchema: z.ZodString = z
  .string()
  .refine(isAddress, { error: "is no mail address such as bounces@shop.example" });

/** The schema of a campaign's settings. */
export const configSchema: z.ZodType<EmailConfig, EmailConfigInput> = z.strictObject({
  from: mailboxSchema.optional(),
  replyTo: mailboxSchema.optional(),
  returnPath: returnPathSchema.optional(),
  headers: headersSchema.optional(),
  missingField: missingFieldSchema.optional(),
});
