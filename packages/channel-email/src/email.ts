/** The e-mail channel. */
import {
  type Channel,
  ChannelError,
  type DailyLimit,
  defineChannel,
  type SendContext,
} from "@campaignkit/core";
import { z } from "zod";
import { isAddress } from "./address.ts";
import {
  configSchema,
  type EmailConfig,
  type EmailConfigInput,
  returnPathSchema,
  signedAddressSchema,
} from "./content/config.ts";
import { contentSchema, type EmailContent, type EmailContentInput } from "./content/content.ts";
import { type MailboxInput, mailboxSchema, missingFieldSchema } from "./content/fields.ts";
import { checkDkimKey, type DkimKey } from "./dkim.ts";
import { readMail } from "./inbound/read-mail.ts";
import type { MissingFieldPolicy } from "./liquid/merge.ts";
import type { FooterWords } from "./liquid/tags.ts";
import type { EmailMessage } from "./message.ts";
import { type EmailDefaults, preparePost } from "./prepare.ts";
import { previewOf } from "./preview.ts";
import { invalidSetting } from "./rejection.ts";
import type { EmailTransport, TransportContext } from "./transport.ts";
import { type UtmInput, utmSchema } from "./utm.ts";

/** How the e-mail channel is set up. */
export interface EmailOptions {
  /** What carries the messages: `smtp({ … })`, or one of your own. */
  readonly transport: EmailTransport;
  /** Who the mail is from, unless a campaign says otherwise: `hello@shop.example` or `The Shop <hello@shop.example>`. */
  readonly from: MailboxInput;
  readonly replyTo?: MailboxInput;
  /**
   * The envelope sender, where bounces go; `from` when absent. With `{token}` in it, as in `bounces+{token}@bounce.shop.example`, each message has
   * one of its own (VERP), by which `kit.receiveMail` knows what came back. The header From stays as it is.
   */
  readonly returnPath?: string;
  /**
   * An address, with `{token}` in it as above, that people unsubscribe by writing to; it stands in List-Unsubscribe beside the link. Hand what comes
   * to it to `kit.receiveMail`.
   */
  readonly unsubscribeAddress?: string;
  /** Signs every message; List-Unsubscribe and its companion are covered. */
  readonly dkim?: DkimKey;
  /**
   * What becomes of a message that lacks a merge field without `default` filter and fallback: not sent and counted as skipped
   * (`skip`, the default), not sent and counted as failed (`fail`), or sent with nothing there (`empty`).
   */
  readonly missingField?: MissingFieldPolicy;
  /**
   * Campaign parameters (`utm_source` …) that tracked links get, so that the shop's own web analytics knows where a visit came from. Links that
   * have some already, and those to unsubscribe or to choose, get none.
   */
  readonly utm?: UtmInput;
  /**
   * The footer for posts whose author wrote no unsubscribe link: `false` for none, or its words, those of a locale under `locales`. By
   * default English.
   */
  readonly unsubscribeFooter?:
    | false
    | (FooterWords & { readonly locales?: Readonly<Record<string, FooterWords>> });
  /** What one message costs, in micros of the campaign's currency. */
  readonly costMicros?: number;
  /** Messages in flight at once, per process; 10 by default. */
  readonly concurrency?: number;
  /** Messages started per second, over all processes together; unbounded by default. */
  readonly perSecond?: number;
  /** Messages a day, over all processes together, with a plan that warms a new account up; unbounded by default. */
  readonly perDay?: DailyLimit;
  /** Failures of the account in a row that suspend it for a while; 20 by default. */
  readonly suspendAfter?: number;
  /** Bytes that attachments and inline images of a post may have together; 10 MiB by default. */
  readonly maxFileBytes?: number;
}

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_FILE_BYTES = 10 * 1024 * 1024;
const DEFAULT_FOOTER: FooterWords = {
  text: "You get this mail because you signed up for it.",
  link: "Unsubscribe",
};

/**
 * Makes the e-mail channel: HTML, MJML or text with Liquid merge fields, compiled once per post version, tracked links, one-click
 * unsubscribe (RFC 8058), DKIM.
 *
 * @throws {CONFIGURATION_INVALID} when an address, the DKIM key or a limit can't be used. The message never holds a secret.
 *
 * @example
 * ```ts
 * import { email, smtp } from "@campaignkit/channel-email";
 *
 * const newsletter = email({
 *   transport: smtp({ host: "smtp.shop.example", auth: { user: "mailer", pass: "secret" } }),
 *   from: "The Shop <hello@shop.example>",
 *   missingField: "skip",
 * });
 * ```
 */
export function email(options: EmailOptions): Channel<EmailContentInput, EmailConfigInput> {
  const { transport } = options;
  const defaults = readDefaults(options);
  const dkim = options.dkim === undefined ? null : checkDkimKey(options.dkim);
  const transportContext = (context: SendContext<EmailConfig>): TransportContext => ({
    idempotencyKey: context.idempotencyKey,
    signal: context.signal,
    clock: context.clock,
    logger: context.logger,
    dkim,
  });
  return defineChannel<EmailContentInput, EmailContent, EmailConfigInput, EmailConfig, EmailMessage>({
    id: "email",
    reach: "direct",
    address: "email",
    content: contentSchema(options.maxFileBytes ?? DEFAULT_FILE_BYTES),
    config: configSchema,
    capabilities: { links: true, opens: true, unsubscribe: true },
    limits: {
      concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      ...(options.perSecond === undefined ? {} : { perSecond: options.perSecond }),
      ...(options.perDay === undefined ? {} : { perDay: options.perDay }),
      ...(options.suspendAfter === undefined ? {} : { suspendAfter: options.suspendAfter }),
    },
    idempotency: transport.idempotency,
    ...(options.costMicros === undefined ? {} : { costMicros: options.costMicros }),
    prepare: (content, context) => preparePost(content, context, defaults),
    send: async (message: EmailMessage, context) => {
      checkRecipient(message);
      return transport.send(message, transportContext(context));
    },
    ...(transport.lookup === undefined
      ? {}
      : { lookup: async (key, context) => transport.lookup?.(key, transportContext(context)) ?? null }),
    preview: previewOf,
    readMail,
    close: async () => transport.close?.(),
  });
}

function readDefaults(options: EmailOptions): EmailDefaults {
  return {
    from: read("email.from", mailboxSchema, options.from),
    replyTo: options.replyTo === undefined ? null : read("email.replyTo", mailboxSchema, options.replyTo),
    returnPath:
      options.returnPath === undefined
        ? null
        : read("email.returnPath", returnPathSchema, options.returnPath),
    unsubscribeAddress:
      options.unsubscribeAddress === undefined
        ? null
        : read("email.unsubscribeAddress", signedAddressSchema, options.unsubscribeAddress),
    utm: options.utm === undefined ? undefined : read("email.utm", utmSchema, options.utm),
    missingField: read("email.missingField", missingFieldSchema, options.missingField ?? "skip"),
    footer: readFooter(options.unsubscribeFooter),
  };
}

function readFooter(footer: EmailOptions["unsubscribeFooter"]): EmailDefaults["footer"] {
  if (footer === false) return null;
  const { locales = {}, ...words } = { ...DEFAULT_FOOTER, ...footer };
  return new Map([["", words], ...Object.entries(locales)]);
}

function read<Output>(setting: string, schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidSetting(
    setting,
    z.prettifyError(result.error).replace(/^✖\s*/, "").split("\n")[0] ?? "it is not valid",
  );
}

function checkRecipient(message: EmailMessage): void {
  if (isAddress(message.to.address)) return;
  throw new ChannelError({
    kind: "rejected-recipient",
    outcome: "not-sent",
    message: "The recipient's address is no mail address.",
  });
}
