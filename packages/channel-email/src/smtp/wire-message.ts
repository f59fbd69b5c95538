/** The message on its way to the server, and how much of it has left. */
import { Readable } from "node:stream";
import MimeNode, { type MimeNodeEnvelope } from "nodemailer/lib/mime-node";

const CHUNK_BYTES = 16_384;

/**
 * How far a message got. The mail library asks for the first byte only after the server said 354, and writes the final dot only after
 * it got the last byte; its errors do not say which of it happened.
 */
export interface Progress {
  /** The last byte and the final dot may have been written; before that the server can't have accepted the message. */
  finished: boolean;
}

/** Hands the message over piece by piece and notes it in `progress`. */
class MeteredBody extends Readable {
  readonly #content: Buffer;
  readonly #progress: Progress;
  #sent = 0;

  constructor(content: Buffer, progress: Progress) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#content = content;
    this.#progress = progress;
  }

  override _read(): void {
    const chunk = this.#content.subarray(this.#sent, this.#sent + CHUNK_BYTES);
    this.#sent += chunk.length;
    this.push(chunk);
    if (this.#sent < this.#content.length) return;
    this.#progress.finished = true;
    this.push(null);
  }
}

/** A composed message in the form that the mail library's pool takes. */
export class WireMessage extends MimeNode {
  readonly #content: Buffer;
  readonly #envelope: MimeNodeEnvelope;
  /** Of the attempt under way; the pool begins anew on another connection only before the first byte. */
  readonly progress: Progress = { finished: false };

  constructor(content: Buffer, from: string, to: string) {
    super("message/rfc822");
    this.#content = content;
    this.#envelope = { from, to: [to], size: content.length };
  }

  override createReadStream(): Readable {
    this.progress.finished = false;
    return new MeteredBody(this.#content, this.progress);
  }

  override getEnvelope(): MimeNodeEnvelope {
    return this.#envelope;
  }
}
