/** Words that stand for Liquid (or links) while a library that knows nothing of them works on the source. */

/** Makes placeholder words that don't occur in a source, and puts what they stand for back. */
export class Placeholders {
  readonly #prefix: string;
  readonly #pattern: RegExp;
  readonly #meanings: string[] = [];

  constructor(source: string) {
    // Letters and digits only: no parser, escaper or line breaker touches such a word.
    let prefix = "ckq";
    while (source.toLowerCase().includes(prefix)) prefix += "q";
    this.#prefix = prefix;
    this.#pattern = new RegExp(`${prefix}(\\d+)x`, "gi");
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

  /** Which of the words occur in a text, by number of adding, in order of appearance. */
  numbersIn(text: string): number[] {
    return [...text.matchAll(this.#pattern)].map((match) => Number(match[1]));
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
