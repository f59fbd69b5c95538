/** Sends over SMTP (RFC 5321) with pooled connections. */
import { ChannelError, type Receipt } from "@campaignkit/core";
import { createTransport } from "nodemailer";
import { asciiAddress } from "../address.ts";
import type { EmailMessage } from "../message.ts";
import type { EmailTransport, TransportContext } from "../transport.ts";
import { MeteredBody, type Progress } from "./body.ts";
import { composeMime } from "./compose.ts";
import { smtpError } from "./failure.ts";
import { poolOptions, type SmtpOptions } from "./options.ts";
import { redactor } from "./redact.ts";

type Pool = ReturnType<typeof openPool>;

/** Opens a pool that notes in `journeys`, by the bytes of a message, how far it got. */
function openPool(options: ReturnType<typeof poolOptions>, journeys: WeakMap<object, Progress>) {
  const pool = createTransport(options);
  pool.use("stream", (mail, done) => {
    const { raw } = mail.data;
    const progress = Buffer.isBuffer(raw) ? journeys.get(raw) : undefined;
    if (Buffer.isBuffer(raw) && progress !== undefined) {
      mail.message.processFunc((input) => {
        input.destroy();
        return new MeteredBody(raw, progress);
      });
    }
    done();
  });
  return pool;
}

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
  const journeys = new WeakMap<object, Progress>();
  const underWay = new Set<Promise<unknown>>();
  let pool: Pool | null = null;

  async function deliver(message: EmailMessage, context: TransportContext): Promise<Receipt> {
    const progress: Progress = { started: false, finished: false };
    try {
      const raw = await composeMime(message, { now: context.clock.now(), dkim: context.dkim });
      journeys.set(raw, progress);
      pool ??= openPool(settings, journeys);
      const info = await pool.sendMail({
        raw,
        envelope: envelopeOf(message, raw.length),
        signal: context.signal,
      });
      if (!progress.finished) throw answeredEarly();
      return { externalId: message.messageId, raw: { response: redact(info.response) } };
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
      pool ??= openPool(settings, journeys);
      try {
        await pool.verify();
      } catch (error) {
        throw smtpError(error, { started: false, finished: false }, redact);
      }
    },
    async close() {
      const closing = pool;
      pool = null;
      closing?.close();
      await Promise.allSettled(underWay);
    },
  };
}

function envelopeOf(message: EmailMessage, size: number) {
  return {
    from: asciiAddress(message.returnPath ?? message.from.address),
    to: [asciiAddress(message.to.address)],
    size,
  };
}

/** A server that accepts a message before it has all of it has accepted something else. */
function answeredEarly(): ChannelError {
  return new ChannelError({
    kind: "transient",
    outcome: "unknown",
    message: "The SMTP server accepted the message before it had all of it.",
  });
}
