/** Sends over SMTP (RFC 5321) with pooled connections. */
import { ChannelError, type Receipt } from "@campaignkit/core";
import { createTransport } from "nodemailer";
import MailMessage from "nodemailer/lib/mailer/mail-message";
import SMTPPool, { type SMTPPoolSentMessageInfo } from "nodemailer/lib/smtp-pool";
import { asciiAddress } from "../address.ts";
import type { EmailMessage } from "../message.ts";
import { composeMime } from "../mime/compose.ts";
import type { EmailTransport, TransportContext } from "../transport.ts";
import { smtpError } from "./failure.ts";
import { poolOptions, type SmtpOptions } from "./options.ts";
import { redactor } from "./redact.ts";
import { type Progress, WireMessage } from "./wire-message.ts";

/**
 * Sends over SMTP with pooled connections: STARTTLS or implicit TLS, AUTH, DKIM.
 *
 * Failures are classified by reply code and enhanced status code; a connection that breaks before the final dot is `not-sent`, one that
 * breaks between the final dot and the reply `unknown`. The password never shows in an error.
 *
 * @throws {CONFIGURATION_INVALID} when the options can't work.
 *
 * @example
 * ```ts
 * import { smtp } from "@campaignkit/channel-email";
 *
 * const transport = smtp({ url: "smtps://mailer:secret@smtp.shop.example", pool: { connections: 10 } });
 * ```
 */
export function smtp(options: SmtpOptions): EmailTransport {
  const settings = poolOptions(options);
  const redact = redactor(settings.auth?.user, settings.auth?.pass);
  const underWay = new Set<Promise<unknown>>();
  let pool: Pool | null = null;

  async function deliver(message: EmailMessage, context: TransportContext): Promise<Receipt> {
    let progress: Progress = { finished: false };
    try {
      const content = await composeMime(message, { now: context.clock.now(), dkim: context.dkim });
      const from = asciiAddress(message.returnPath ?? message.from.address);
      const wire = new WireMessage(content, from, asciiAddress(message.to.address));
      progress = wire.progress;
      pool ??= new Pool(settings);
      const { response } = await pool.send(wire, context.signal);
      if (!progress.finished) throw answeredEarly();
      return { externalId: message.messageId, raw: { response: redact(response) } };
    } catch (error) {
      throw error instanceof ChannelError ? error : smtpError(error, progress, redact);
    }
  }

  return {
    idempotency: "none",
    async send(message, context) {
      const sending = deliver(message, context);
      underWay.add(sending);
      try {
        return await sending;
      } finally {
        underWay.delete(sending);
      }
    },
    async verify() {
      pool ??= new Pool(settings);
      try {
        await pool.verify();
      } catch (error) {
        throw smtpError(error, { finished: false }, redact);
      }
    },
    async close() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      pool?.close();
      pool = null;
    },
  };
}

/** The mail library's pool, taking composed messages. */
class Pool {
  readonly #connections: SMTPPool;
  readonly #mailer: ReturnType<typeof createTransport<SMTPPoolSentMessageInfo>>;

  constructor(settings: ReturnType<typeof poolOptions>) {
    this.#connections = new SMTPPool(settings);
    this.#mailer = createTransport(this.#connections);
  }

  send(message: WireMessage, signal: AbortSignal): Promise<SMTPPoolSentMessageInfo> {
    // The library's own `sendMail` would compose the message once more.
    const mail = new MailMessage(this.#mailer, { signal });
    mail.message = message;
    return new Promise((resolve, reject) => {
      this.#connections.send(mail, (error, info) => {
        if (error || !info) reject(error ?? new Error("The SMTP server's answer got lost."));
        else resolve(info);
      });
    });
  }

  async verify(): Promise<void> {
    await this.#connections.verify();
  }

  close(): void {
    this.#connections.close();
  }
}

/** A server that accepts a message before it has all of it has accepted something else. */
function answeredEarly(): ChannelError {
  return new ChannelError({
    kind: "transient",
    outcome: "unknown",
    message: "The SMTP server accepted the message before it had all of it.",
  });
}
