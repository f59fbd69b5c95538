/** What became of a mail that came in. */
import type { BounceKind, InboundNotice } from "../ports/inbound.ts";

/** How a host hands a mail over. */
export interface ReceiveOptions {
  /** The addresses of the SMTP envelope (RCPT TO), where the host knows them. They are surer than what the mail's headers say. */
  readonly recipients?: readonly string[];
  /** The host's name of the channel that reads it; the first that can when absent. */
  readonly channel?: string;
}

/** The delivery that a mail was about. */
interface AboutDelivery {
  readonly workspaceId: string;
  readonly deliveryId: string;
  readonly contactId: string | null;
  /** `false`: it was known before, from an earlier mail or the same one; nothing was recorded again. */
  readonly isNew: boolean;
}

/** Why nothing followed from a mail. */
export type IgnoredReason =
  | InboundNotice
  /** Nothing in it is signed by this engine: it is about no delivery, or somebody made it up. */
  | "names-no-delivery"
  /** The delivery that it names is no more. */
  | "delivery-gone"
  /** Somebody wrote to an address that is only for bounces. */
  | "ordinary-mail";

/** What became of a mail that came in. */
export type ReceivedMail =
  | (AboutDelivery & {
      readonly outcome: "bounce";
      readonly kind: BounceKind;
      /** The enhanced status code, such as `5.1.1`. */
      readonly status: string | null;
      /** Whether the contact's address is suppressed for it. */
      readonly suppressed: boolean;
    })
  | (AboutDelivery & {
      readonly outcome: "complaint";
      /** The report's Feedback-Type, such as `abuse`. */
      readonly feedback: string;
      readonly suppressed: boolean;
    })
  | (AboutDelivery & { readonly outcome: "unsubscribe" })
  | { readonly outcome: "ignored"; readonly reason: IgnoredReason };
