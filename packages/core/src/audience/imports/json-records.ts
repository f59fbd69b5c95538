/**
 * Records of JSON text: one object a line, or one array of objects.
 *
 * Only the framing of the array is done here, character by character; each element is read by `JSON.parse`. So memory is that of one element, lines
 * are known, and an element that can't be read is refused by itself, where a streaming parser would end.
 */
import { MAX_RECORD_CHARACTERS, SourceBroken, type SourceRecord } from "./source-record.ts";

function read(row: number, line: number, text: string): SourceRecord {
  try {
    return { kind: "object", row, line, value: JSON.parse(text) as unknown };
  } catch {
    return { kind: "broken", row, line, text, reason: "This is no valid JSON." };
  }
}

/** Reads one JSON object a line; blank lines are passed over. */
export async function* jsonLineRecords(
  text: AsyncIterable<string>,
): AsyncGenerator<SourceRecord, void, undefined> {
  let row = 1;
  let line = 0;
  let open = "";
  for await (const piece of text) {
    const lines = (open + piece).split("\n");
    open = lines.pop() ?? "";
    if (open.length > MAX_RECORD_CHARACTERS)
      throw new SourceBroken(line + 1, `This line is longer than ${MAX_RECORD_CHARACTERS} characters.`);
    for (const one of lines) {
      line += 1;
      if (one.trim() !== "") yield read(row++, line, one);
    }
  }
  if (open.trim() !== "") yield read(row, line + 1, open);
}

/** Reads the elements of one JSON array. */
export async function* jsonArrayRecords(
  text: AsyncIterable<string>,
): AsyncGenerator<SourceRecord, void, undefined> {
  const framer = new ArrayFramer();
  for await (const piece of text) yield* framer.feed(piece);
  framer.end();
}

/** Finds where the elements of an array begin and end. */
class ArrayFramer {
  #state: "before" | "value" | "after" = "before";
  #depth = 0;
  #inString = false;
  #escaped = false;
  #element = "";
  #row = 1;
  #line = 1;
  #startLine = 1;

  *feed(piece: string): Generator<SourceRecord, void, undefined> {
    let from = 0;
    for (let at = 0; at < piece.length; at++) {
      const character = piece.charAt(at);
      if (character === "\n") this.#line += 1;
      if (this.#state !== "value") {
        if (/\s/.test(character)) continue;
        if (this.#state === "after" || character !== "[")
          throw new SourceBroken(
            this.#line,
            `"${character}" stands where ${this.#state === "after" ? "the array has ended" : "an array should begin"}.`,
          );
        this.#state = "value";
        from = at + 1;
        this.#startLine = this.#line;
        continue;
      }
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (character === "\\") this.#escaped = true;
        else if (character === '"') this.#inString = false;
        continue;
      }
      if (character === '"') this.#inString = true;
      else if (character === "{" || character === "[") this.#depth += 1;
      else if (this.#depth > 0 && (character === "}" || character === "]")) this.#depth -= 1;
      else if (this.#depth === 0 && (character === "," || character === "]")) {
        const last = character === "]";
        yield* this.#close(this.#element + piece.slice(from, at), last);
        this.#element = "";
        from = at + 1;
        if (last) this.#state = "after";
      }
    }
    if (this.#state === "value") this.#element += piece.slice(from);
    if (this.#element.length > MAX_RECORD_CHARACTERS)
      throw new SourceBroken(
        this.#startLine,
        `This element is longer than ${MAX_RECORD_CHARACTERS} characters.`,
      );
  }

  end(): void {
    if (this.#state === "after") return;
    const reason = this.#state === "before" ? "There is no array." : "The array is never closed.";
    throw new SourceBroken(this.#lineOf(this.#element), reason);
  }

  *#close(text: string, last: boolean): Generator<SourceRecord, void, undefined> {
    const line = this.#lineOf(text);
    this.#startLine = this.#line;
    // `[]`, and the comma that some leave behind the last element.
    if (last && text.trim() === "") return;
    yield read(this.#row++, line, text);
  }

  /** Where the element itself begins, behind blanks and line breaks. */
  #lineOf(element: string): number {
    const blanks = element.length - element.trimStart().length;
    return this.#startLine + element.slice(0, blanks).split("\n").length - 1;
  }
}
