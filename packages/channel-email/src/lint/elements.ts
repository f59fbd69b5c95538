/** The elements of a body with what stands around them, for rules that need to know: one pass, whatever is left unclosed. */
import { attributeText } from "../compile/links.ts";
import type { HtmlPart, OpenTag } from "../html/scan.ts";

/** Elements that never have content (HTML, 13.1.2). */
const VOID = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
/** Beyond it a mail is made to hurt; what is deeper is taken for a child of this depth. */
const MAX_DEPTH = 200;
/** Elements whose text nobody reads. */
const UNSHOWN = new Set(["head", "style", "script", "title", "template"]);

/** A walker over parts, told what opens, closes and shows. */
export interface ElementVisitor {
  open?(tag: OpenTag, parents: readonly OpenTag[]): void;
  /** An element ends, by its closing tag, or by that of one around it. */
  close?(tag: OpenTag): void;
  /** Text that shows. */
  text?(part: HtmlPart, parents: readonly OpenTag[]): void;
}

/** Walks through the parts in order. */
export function walkElements(parts: readonly HtmlPart[], visitor: ElementVisitor): void {
  const stack: OpenTag[] = [];
  const unshown: OpenTag[] = [];
  const closeTo = (depth: number): void => {
    while (stack.length > depth) {
      const tag = stack.pop();
      if (tag === undefined) return;
      if (tag === unshown.at(-1)) unshown.pop();
      visitor.close?.(tag);
    }
  };
  for (const part of parts) {
    if (part.type === "open") {
      visitor.open?.(part, stack);
      if (VOID.has(part.name)) visitor.close?.(part);
      else if (stack.length < MAX_DEPTH) {
        stack.push(part);
        if (UNSHOWN.has(part.name)) unshown.push(part);
      }
    } else if (part.type === "close") {
      const depth = stack.findLastIndex(({ name }) => name === part.name);
      if (depth !== -1) closeTo(depth);
    } else if (unshown.length === 0) visitor.text?.(part, stack);
  }
  closeTo(0);
}

/** The declarations of a `style` attribute, by property in lower case; the last one counts. */
export function inlineStyle(html: string, tag: OpenTag): ReadonlyMap<string, string> {
  const style = attributeText(html, tag, "style") ?? "";
  return new Map(
    style
      .slice(0, 4_000)
      .split(";")
      .flatMap((declaration) => {
        const colon = declaration.indexOf(":");
        if (colon === -1) return [];
        const value = declaration.slice(colon + 1).replace(/!\s*important\s*$/i, "");
        return [[declaration.slice(0, colon).trim().toLowerCase(), value.trim()] as const];
      }),
  );
}
