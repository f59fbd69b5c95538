/** The transport port: what carries a rendered message away. SMTP is one; provider APIs are others. */
import type { Clock, Idempotency, Logger, Receipt } from "@campaignkit/core";
import type { DkimKey } from "./dkim.ts";
import type { EmailMessage } from "./message.ts";

/** What a transport sends with. */
export interface TransportContext {
  /** The same for every attempt of a delivery. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The key to sign with; a transport whose far side signs by itself ignores it. */
  readonly dkim: DkimKey | null;
}

/**
 * Carries messages to their recipients.
 *
 * `send` resolves only when the far side has accepted the message, and otherwise throws `ChannelError`, with `outcome: "unknown"`
 * whenever the message may have gone out. It may be called concurrently.
 */
export interface EmailTransport {
  /** What happens when a message is sent twice with one idempotency key. */
  readonly idempotency: Idempotency;
  /** @throws {CHANNEL_FAILED} with the kind that says what may be done. */
  send(message: EmailMessage, context: TransportContext): Promise<Receipt>;
  /** For `idempotency: "lookup"`: the receipt if the message went out, `null` if it certainly did not. */
  lookup?(idempotencyKey: string, context: TransportContext): Promise<Receipt | null>;
  /** Connects and authenticates without sending. @throws {CHANNEL_FAILED} when that fails. */
  verify?(): Promise<void>;
  /** Waits for what is under way and closes what was opened; sending again reopens. */
  close?(): Promise<void>;
}
