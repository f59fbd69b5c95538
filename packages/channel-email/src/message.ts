/** A rendered e-mail, as every transport gets it. */

/** An address with the name shown beside it. */
export interface Mailbox {
  /** The display name; empty when there is none. Holds no control characters. */
  readonly name: string;
  /** `local@domain`, checked; the domain may be international. */
  readonly address: string;
}

/** A file that travels with the message. */
export interface EmailFile {
  readonly filename: string;
  readonly contentType: string;
  /** The bytes, in base64. */
  readonly content: string;
}

/** An image that the HTML shows by `src="cid:…"`. */
export interface InlineImage extends EmailFile {
  readonly cid: string;
}

/** One message for one recipient, rendered. Header values in it hold no control characters. */
export interface EmailMessage {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly replyTo: Mailbox | null;
  /** The envelope sender, where bounces go; `from` when `null`. */
  readonly returnPath: string | null;
  readonly subject: string;
  /** `null` for a message of text only. */
  readonly html: string | null;
  readonly text: string;
  /** Further headers by name: the author's, and List-Unsubscribe with its companion. */
  readonly headers: Readonly<Record<string, string>>;
  /** With its angle brackets; the same for every attempt of a delivery. */
  readonly messageId: string;
  readonly attachments: readonly EmailFile[];
  readonly inlineImages: readonly InlineImage[];
}
