/**
 * Text that comes in pieces: bytes of whatever encoding, or strings. What goes out is strings with `\n` line ends and no byte order mark.
 *
 * Encoding, where it is not said: by the byte order mark; else UTF-16 if every other byte of the start is zero; else UTF-8 if the first piece
 * beyond ASCII is valid UTF-8, and Windows-1252 (which is Latin-1 and more) if it is not. A byte that fits the encoding nowhere becomes
 * U+FFFD, by which its row can be refused.
 */
import { isAscii } from "node:buffer";
import { TextDecoder } from "node:util";

/** Encodings that can be named; `auto` finds out. */
export const ENCODINGS = ["auto", "utf-8", "utf-16le", "utf-16be", "windows-1252"] as const;

/** An encoding. */
export type Encoding = (typeof ENCODINGS)[number];

/** Text or bytes: as a whole, or in pieces, as any stream gives them. */
export type TextSource =
  | string
  | Uint8Array
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>
  | ReadableStream<string | Uint8Array>;

/** Enough to see a byte order mark, and whether every other byte is zero. */
const HEAD_BYTES = 64;
/** Long pieces are cut, so that what reads on never holds much. */
const PIECE_CHARACTERS = 32_768;

const BYTE_ORDER_MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

async function* piecesOf(source: TextSource): AsyncGenerator<string | Uint8Array, void, undefined> {
  if (typeof source === "string" || source instanceof Uint8Array) yield source;
  else yield* source as AsyncIterable<string | Uint8Array>;
}

/** Reads the source as text. */
export async function* readText(
  source: TextSource,
  encoding: Encoding,
): AsyncGenerator<string, void, undefined> {
  let start = true;
  // A \r at the end of a piece waits: a \n that follows belongs to it.
  let held = "";
  for await (const decoded of decode(source, encoding)) {
    const text = held + (start ? decoded.replace(/^\ufeff/, "") : decoded);
    if (decoded !== "") start = false;
    held = text.endsWith("\r") ? "\r" : "";
    const lines = (held === "" ? text : text.slice(0, -1)).replace(/\r\n?/g, "\n");
    for (let from = 0; from < lines.length; from += PIECE_CHARACTERS)
      yield lines.slice(from, from + PIECE_CHARACTERS);
  }
  if (held !== "") yield "\n";
}

async function* decode(source: TextSource, encoding: Encoding): AsyncGenerator<string, void, undefined> {
  const decoder = new Decoder(encoding);
  for await (const piece of piecesOf(source)) {
    if (typeof piece === "string") yield piece;
    else yield decoder.decode(piece);
  }
  yield decoder.end();
}

/** Decodes bytes, finding out the encoding on the way. */
class Decoder {
  #decoder: TextDecoder | null = null;
  #asked: Encoding;
  /** The first bytes, until there are enough of them. */
  #head: Uint8Array | null = new Uint8Array(0);

  constructor(encoding: Encoding) {
    this.#asked = encoding;
  }

  decode(bytes: Uint8Array): string {
    if (this.#head === null) return this.#text(bytes);
    const head = Buffer.concat([this.#head, bytes]);
    if (head.length < HEAD_BYTES) {
      this.#head = head;
      return "";
    }
    return this.#begin(head);
  }

  end(): string {
    const rest = this.#head === null ? "" : this.#begin(this.#head);
    return rest + (this.#decoder?.decode() ?? "");
  }

  #begin(head: Uint8Array): string {
    this.#head = null;
    const mark = BYTE_ORDER_MARKS.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte));
    if (mark !== undefined) this.#asked = mark[0];
    else if (this.#asked === "auto") this.#asked = zerosOf(head);
    if (this.#asked !== "auto") this.#decoder = new TextDecoder(this.#asked);
    return this.#text(head);
  }

  #text(bytes: Uint8Array): string {
    if (this.#decoder !== null) return this.#decoder.decode(bytes, { stream: true });
    if (isAscii(bytes))
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    this.#decoder = new TextDecoder(startsAsUtf8(bytes) ? "utf-8" : "windows-1252");
    return this.#decoder.decode(bytes, { stream: true });
  }
}

/** UTF-16 without a mark shows itself by the zero bytes of its ASCII characters. */
function zerosOf(head: Uint8Array): Encoding {
  const zeros = [0, 0];
  for (const [index, byte] of head.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const enough = head.length / 4;
  if ((zeros[1] ?? 0) > enough && zeros[0] === 0) return "utf-16le";
  if ((zeros[0] ?? 0) > enough && zeros[1] === 0) return "utf-16be";
  return "auto";
}

function startsAsUtf8(bytes: Uint8Array): boolean {
  try {
    // As a stream: a character cut off at the end of the piece is no mistake.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
