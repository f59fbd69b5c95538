/** HTML that is safe by its making: whatever is put into it is escaped, unless it is such HTML itself. Pure. */

/** A piece of HTML. Made by `html` and nothing else. */
export class Html {
  readonly #source: string;

  /** @internal */
  constructor(source: string) {
    this.#source = source;
  }

  toString(): string {
    return this.#source;
  }
}

/** What can stand in the gaps of a piece: text, which is escaped, other pieces, and lists of both. `null` and `false` leave nothing. */
export type HtmlPart = string | number | Html | null | false | readonly HtmlPart[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function sourceOf(part: HtmlPart): string {
  if (part === null || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(sourceOf).join("");
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** A piece of HTML. Attribute values must stand in quotation marks. */
export function html(literals: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(
    literals
      .map((literal, index) => literal + (index < parts.length ? sourceOf(parts[index] ?? null) : ""))
      .join(""),
  );
}
