/** Mail that comes in about messages that went out, as a channel reads it. */

/**
 * Why a message came back, by what follows from it.
 *
 * - `hard`: there is no such mailbox or domain, and there will not be.
 * - `mailbox-full`, `soft`: another message may arrive.
 * - `block`: the far side refuses this sender (policy, reputation, authentication).
 * - `content`: it refuses this message, for its size or its form.
 * - `undetermined`: it came back, and nobody says why.
 */
export type BounceKind = "hard" | "mailbox-full" | "soft" | "block" | "content" | "undetermined";

/** Why a message came back. */
export interface BounceReport {
  readonly kind: BounceKind;
  /** The enhanced status code (RFC 3463), such as `5.1.1`; `null` where none is named. */
  readonly status: string | null;
  /** What the far side said, at most 500 characters. It often quotes the address. */
  readonly diagnostic: string | null;
}

/** Why a mail asks for nothing. */
export type InboundNotice =
  /** An out-of-office note or another answer of a machine. */
  | "auto-reply"
  /** The far side still tries. */
  | "delayed"
  /** It arrived, or was handed on. */
  | "delivered"
  /** A feedback report that is no complaint, such as `not-spam`. */
  | "other-feedback"
  /** It is no mail that could be read. */
  | "unreadable";

/** What a mail says. */
export type InboundContent =
  | { readonly type: "bounce"; readonly bounce: BounceReport }
  /** `feedback` is the Feedback-Type of the report (RFC 5965), such as `abuse`. */
  | { readonly type: "complaint"; readonly feedback: string }
  /** Somebody wrote it. */
  | { readonly type: "message" }
  | { readonly type: "notice"; readonly notice: InboundNotice };

/** A mail that came in, read. Nothing in it is proved but what a signed name in it proves. */
export interface InboundMail {
  readonly content: InboundContent;
  /** The addresses that it came to, as its own headers say. */
  readonly recipients: readonly string[];
  /** What it says of the message that it is about and that could hold a signed name: its envelope sender, message id, List-Unsubscribe. */
  readonly references: readonly string[];
  /** Whom that message was written to, where it says so. */
  readonly writtenTo: readonly string[];
}
