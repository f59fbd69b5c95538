/** Text that is hard to read, as far as inline colours tell (WCAG 2.2, 1.4.3). What a style sheet may change is not judged. */
import { attributeText } from "../compile/links.ts";
import type { OpenTag } from "../html/scan.ts";
import { type Colour, contrastOf, readColour } from "./colours.ts";
import { inlineStyle, walkElements } from "./elements.ts";
import { type Finding, type LintSubject, shown } from "./finding.ts";

const ENOUGH = 4.5;
/** For large text: 24 px, or 18.66 px and bold. */
const ENOUGH_LARGE = 3;

/** How text looks at a place; `null` where inline colours don't say. */
interface Look {
  readonly colour: Colour | null;
  readonly ground: Colour | null;
  readonly pixels: number;
  readonly bold: boolean;
  readonly hidden: boolean;
}

const PLAIN: Look = { colour: null, ground: null, pixels: 16, bold: false, hidden: false };

/** Text whose contrast is too low. */
export function lintContrast({ body }: LintSubject): Finding[] {
  if (body === null) return [];
  const { html, parts } = body;
  const looks = new Map<OpenTag, Look>();
  const told = new Set<OpenTag>();
  const findings: Finding[] = [];
  walkElements(parts, {
    open(tag, parents) {
      looks.set(tag, lookOf(html, tag, looks.get(parents.at(-1) ?? tag) ?? PLAIN));
    },
    close(tag) {
      looks.delete(tag);
    },
    text(part, parents) {
      const parent = parents.at(-1);
      const look = parent === undefined ? undefined : looks.get(parent);
      const words = html.slice(part.begin, part.end).trim();
      if (parent === undefined || look === undefined || words === "" || told.has(parent)) return;
      if (look.colour === null || look.ground === null || look.hidden) return;
      const contrast = contrastOf(look.colour, look.ground);
      const large = look.pixels >= 24 || (look.bold && look.pixels >= 18.66);
      const needed = large ? ENOUGH_LARGE : ENOUGH;
      if (contrast >= needed) return;
      told.add(parent);
      findings.push({
        code: "contrast-low",
        message: `The text "${shown(words)}" has a contrast of ${contrast.toFixed(1)} to what is behind it; people need ${needed} to read it.`,
        at: part.begin,
      });
    },
  });
  return findings;
}

function lookOf(html: string, tag: OpenTag, around: Look): Look {
  const style = inlineStyle(html, tag);
  const own = style.get("color") ?? (tag.name === "font" ? attributeText(html, tag, "color") : undefined);
  const weight = style.get("font-weight");
  return {
    // A link has the mailbox's own colour unless it is given one.
    colour: own == null ? (tag.name === "a" ? null : around.colour) : readColour(own),
    ground: groundOf(html, tag, style, around.ground),
    pixels: pixelsOf(style.get("font-size"), around.pixels, tag.name),
    bold: weight === undefined ? around.bold || BOLD.has(tag.name) : /^(?:bold(?:er)?|[7-9]00)$/.test(weight),
    hidden: around.hidden || style.get("display") === "none" || style.get("opacity") === "0",
  };
}

const BOLD = new Set(["b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"]);

function groundOf(
  html: string,
  tag: OpenTag,
  style: ReadonlyMap<string, string>,
  around: Colour | null,
): Colour | null {
  // What an image shows is not known.
  if (style.has("background-image") || tag.attributes.has("background")) return null;
  const given =
    style.get("background-color") ?? style.get("background") ?? attributeText(html, tag, "bgcolor");
  if (given == null || /^(?:transparent|none|inherit)$/i.test(given)) return around;
  return readColour(given);
}

const SIZES: Readonly<Record<string, number>> = { h1: 32, h2: 24, h3: 18.72 };

function pixelsOf(size: string | undefined, around: number, name: string): number {
  const match = /^(\d+(?:\.\d+)?)(px|pt|em|rem|%)$/i.exec(size ?? "");
  if (match === null) return SIZES[name] ?? around;
  const value = Number(match[1]);
  const factors: Readonly<Record<string, number>> = {
    px: 1,
    pt: 4 / 3,
    em: around,
    rem: 16,
    "%": around / 100,
  };
  return value * (factors[match[2]?.toLowerCase() ?? ""] ?? 1);
}
