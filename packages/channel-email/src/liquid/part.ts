/** One text of a message (subject, HTML, text …) as a compiled template. */
import { Context, type Liquid, type Template } from "liquidjs";
import { noteCompile } from "../diagnostics.ts";
import { rejectedContent } from "../rejection.ts";
import { letDefaultsApply } from "./defaults.ts";
import { htmlEngine, textEngine } from "./engine.ts";
import { assignedFrom, flattenErrors, missingField } from "./missing.ts";
import type { MergeScope } from "./scope.ts";
import { compileStraight, renderStraight, type StraightTemplate } from "./straight.ts";
import { attachState, type MessageState } from "./tags.ts";

/** A compiled text. */
export interface TemplatePart {
  /** What it is, for error messages. */
  readonly name: string;
  readonly engine: Liquid;
  readonly templates: Template[];
  /** The same as straight pieces, where it has neither branches nor loops; `null` where only Liquid can tell. */
  readonly straight: StraightTemplate | null;
}

/** What rendering a part came to: its text, or the fields it lacked. */
export type PartResult =
  | { readonly outcome: "text"; readonly text: string }
  | { readonly outcome: "missing"; readonly fields: readonly string[] };

/** @throws {CHANNEL_FAILED} `rejected-content` when the Liquid is faulty; the message says where. */
export function compilePart(name: string, source: string, kind: "html" | "text"): TemplatePart {
  const engine = kind === "html" ? htmlEngine : textEngine;
  noteCompile("liquid");
  try {
    const templates = engine.parse(letDefaultsApply(source));
    return { name, engine, templates, straight: compileStraight(templates, kind) };
  } catch (error) {
    throw rejectedContent(`The Liquid in ${name} can't be read: ${reasonOf(error)}.`);
  }
}

/**
 * Renders a part, straight where it can: with the same result as `renderByLiquid`.
 *
 * @throws {CHANNEL_FAILED} as that does.
 */
export function renderPart(
  part: TemplatePart,
  scope: MergeScope,
  state: MessageState,
  strict: boolean,
): PartResult {
  const text = part.straight === null ? null : renderStraight(part.straight, scope, state);
  return text === null ? renderByLiquid(part, scope, state, strict) : { outcome: "text", text };
}

/**
 * Renders a part by Liquid. Strictly: a variable without a value is reported, unless a `default` filter or a condition deals with it.
 * Leniently: it is empty.
 *
 * @throws {CHANNEL_FAILED} `rejected-content` when it takes too long or too much memory, or a filter fails.
 */
export function renderByLiquid(
  part: TemplatePart,
  scope: MergeScope,
  state: MessageState,
  strict: boolean,
): PartResult {
  try {
    return attempt(part, scope, state, strict);
  } catch (error) {
    // The limit is one of wall time: a process that was held up gets a second chance, a template that runs for ever does not.
    if (!reasonOf(error).includes(TIME_LIMIT)) throw error;
    return attempt(part, scope, state, strict);
  }
}

const TIME_LIMIT = "template render limit exceeded";

function attempt(part: TemplatePart, scope: MergeScope, state: MessageState, strict: boolean): PartResult {
  const context = new Context(
    scope,
    part.engine.options,
    { sync: true, strictVariables: strict },
    { liquid: part.engine },
  );
  attachState(context, state);
  try {
    return { outcome: "text", text: String(part.engine.renderSync(part.templates, context)) };
  } catch (error) {
    const errors = flattenErrors(error);
    const fields = errors.flatMap((each) => missingField(each) ?? []);
    if (fields.length === errors.length) {
      return {
        outcome: "missing",
        fields: [...new Set(fields.map((field) => assignedFrom(context, field)))],
      };
    }
    const other = errors.find((each) => missingField(each) === null);
    throw rejectedContent(`The Liquid in ${part.name} can't be filled in: ${reasonOf(other)}.`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
