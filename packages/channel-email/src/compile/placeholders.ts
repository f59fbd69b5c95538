/** Words that stand for Liquid (or links) while a library that knows nothing of them works on the source. */
import type { Range } from "../html/ranges.ts";

/** Where a word stands in a text. */
export interface WordOccurrence extends Range {
  readonly number: number;
}

/** Makes placeholder words that don't occur in a source, and puts what they stand for back. */
export class Placeholders {
  readonly #prefix: string;
  readonly #pattern: RegExp;
  readonly #meanings: string[] = [];

  constructor(source: string) {
    // Letters and digits only: no parser, escaper or line breaker touches such a word.
    const taken = Array.from(source.matchAll(/ck(\d{1,9})q/gi), (match) => Number(match[1]));
    this.#prefix = `ck${taken.reduce((highest, number) => Math.max(highest, number), 0) + 1}q`;
    this.#pattern = new RegExp(`${this.#prefix}(\\d+)x`, "gi");
  }

  /** A word for that text. */
  add(meaning: string): string {
    this.#meanings.push(meaning);
    return `${this.#prefix}${this.#meanings.length - 1}x`;
  }

  /** What the word of that number stands for. */
  meaning(number: number): string {
    return this.#meanings[number] ?? "";
  }

  /** Whether there is one of the words in a text. */
  occursIn(text: string): boolean {
    return text.search(this.#pattern) !== -1;
  }

  /** Where words occur in a text, in order; their number is that of adding. */
  occurrencesIn(text: string): readonly WordOccurrence[] {
    return Array.from(text.matchAll(this.#pattern), (match) => ({
      number: Number(match[1]),
      begin: match.index,
      end: match.index + match[0].length,
    }));
  }

  /** The text with every word replaced by what it stands for. */
  restore(
    text: string,
    around: (number: number, meaning: string) => string = (_, meaning) => meaning,
  ): string {
    return text.replace(this.#pattern, (_, number: string) =>
      around(Number(number), this.meaning(Number(number))),
    );
  }
}
