/** MJML to HTML, once per post version. Nothing is read from disk or network; Liquid passes through untouched. */
import mjml2html from "mjml";
import { noteCompile } from "../diagnostics.ts";
import { firstEndingAt } from "../html/ranges.ts";
import { applyEdits, type Edit, scanHtml } from "../html/scan.ts";
import { type LiquidSpan, liquidSpans, maskLiquid } from "../liquid/spans.ts";
import { rejectedContent } from "../rejection.ts";
import { Placeholders } from "./placeholders.ts";

/** Components that hold only components: text between these, so Liquid too, would be dropped unless it stands in mj-raw. */
const STRUCTURAL = new Set(["mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"]);
/** Components that can't even hold mj-raw. */
const CLOSED = new Set([
  "mjml",
  "mj-head",
  "mj-social",
  "mj-navbar",
  "mj-accordion",
  "mj-accordion-element",
  "mj-carousel",
]);

interface Problem {
  readonly line: number;
  readonly message: string;
  readonly tagName: string;
}

/**
 * Compiles MJML. Faults are errors, not warnings: a mail that lost a section is broken.
 *
 * @throws {CHANNEL_FAILED} `rejected-content` listing what is wrong with the source.
 */
export async function compileMjml(source: string): Promise<string> {
  noteCompile("mjml");
  const words = new Placeholders(source);
  const protectedSource = protectLiquid(source, words);
  const { html, errors } = await convert(protectedSource);
  // An attribute whose value is a merge field can't be checked before it is filled in.
  const faults = errors.filter((error) => !words.occursIn(error.message));
  if (faults.length > 0) {
    const list = faults
      .map((fault) => `line ${fault.line} (${fault.tagName}): ${fault.message.trim()}`)
      .join("; ");
    throw rejectedContent(`The MJML is faulty: ${list}.`);
  }
  checkNothingLost(source, words, html);
  return words.restore(html);
}

async function convert(
  source: string,
): Promise<{ readonly html: string; readonly errors: readonly Problem[] }> {
  try {
    return await mjml2html(source, {
      validationLevel: "soft",
      ignoreIncludes: true,
      // The default adds a web font from a third party to every mail, which tells that party who reads it.
      fonts: {},
    });
  } catch (error) {
    throw rejectedContent(
      `The MJML can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function protectLiquid(source: string, words: Placeholders): string {
  const spans = liquidSpans(source);
  const wrapped = new Set<LiquidSpan>();
  const open: string[] = [];
  for (const part of scanHtml(maskLiquid(source, spans))) {
    if (part.type === "open") {
      if (part.name === "mj-include")
        throw rejectedContent("The MJML uses mj-include; nothing can be included here.");
      if (!source.slice(part.begin, part.end).endsWith("/>")) open.push(part.name);
    } else if (part.type === "close") {
      const index = open.lastIndexOf(part.name);
      if (index !== -1) open.length = index;
    } else {
      const parent = open.at(-1) ?? "";
      const inside = spans.slice(firstEndingAt(spans, part.begin + 1), firstEndingAt(spans, part.end + 1));
      for (const span of inside) {
        if (CLOSED.has(parent)) throw lostLiquid(source, span, parent);
        if (STRUCTURAL.has(parent)) wrapped.add(span);
      }
    }
  }
  const edits: Edit[] = spans.map((span) => {
    const word = words.add(source.slice(span.begin, span.end));
    return { ...span, text: wrapped.has(span) ? `<mj-raw>${word}</mj-raw>` : word };
  });
  return applyEdits(source, edits);
}

function lostLiquid(source: string, span: LiquidSpan, parent: string): Error {
  return rejectedContent(
    `The Liquid ${source.slice(span.begin, span.end)} stands directly in <${parent}>, where MJML drops it; move it inside a component.`,
  );
}

/** A tag that vanished would change which parts of the mail a recipient gets. */
function checkNothingLost(source: string, words: Placeholders, html: string): void {
  const present = new Set(words.occurrencesIn(html).map((occurrence) => occurrence.number));
  const lost = liquidSpans(source).find((span, number) => span.kind === "tag" && !present.has(number));
  if (lost !== undefined) {
    throw rejectedContent(
      `MJML drops the Liquid ${source.slice(lost.begin, lost.end)} where it stands; put it in <mj-raw> or inside a component's text.`,
    );
  }
}
