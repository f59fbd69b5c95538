/** The message on its way to the server, and how much of it has left. */
import { Readable } from "node:stream";

const CHUNK_BYTES = 16_384;

/**
 * How far a message got. The mail library asks for the first byte only after the server said 354, and writes the final dot only after
 * it got the last byte; its errors do not say which of it happened.
 */
export interface Progress {
  /** The server asked for the message (354), and its first byte may have been written. */
  started: boolean;
  /** The last byte and the final dot may have been written; before that the server can't have accepted the message. */
  finished: boolean;
}

/** Hands the message over piece by piece and notes it in `progress`. */
export class MeteredBody extends Readable {
  readonly #content: Buffer;
  readonly #progress: Progress;
  #sent = 0;

  constructor(content: Buffer, progress: Progress) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#content = content;
    this.#progress = progress;
    progress.started = false;
    progress.finished = false;
  }

  override _read(): void {
    this.#progress.started = true;
    const chunk = this.#content.subarray(this.#sent, this.#sent + CHUNK_BYTES);
    this.#sent += chunk.length;
    this.push(chunk);
    if (this.#sent < this.#content.length) return;
    this.#progress.finished = true;
    this.push(null);
  }
}
