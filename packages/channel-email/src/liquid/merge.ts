/** Fills in all parts of a message, and finds out exactly which fields are missing. */

import { renderPart, type TemplatePart } from "./part.ts";
import { canonicalField, fillField, type MergeScope } from "./scope.ts";
import type { MessageState } from "./tags.ts";

/** What becomes of a message that lacks a field. */
export type MissingFieldPolicy = "empty" | "skip" | "fail";

/** A value for a field that a contact lacks. */
export type Fallbacks = Readonly<Record<string, string | number | boolean>>;

/** What a merge needs beyond the variables. */
export interface MergeOptions {
  /** By canonical name. */
  readonly fallbacks: ReadonlyMap<string, string | number | boolean>;
  readonly policy: MissingFieldPolicy;
  readonly state: MessageState;
}

/** The templates of a message. */
export interface MessageParts {
  readonly subject: TemplatePart;
  readonly text: TemplatePart;
  /** `null` for a message of text only. */
  readonly html: TemplatePart | null;
}

/** The filled-in texts of a message. */
export interface MergedTexts {
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

/** The filled-in texts, or the fields that are missing, as written. */
export type MergeResult =
  | { readonly outcome: "merged"; readonly texts: MergedTexts }
  | { readonly outcome: "missing"; readonly fields: readonly string[] };

/** Fallbacks by the canonical name of their field; `firstName` stands for `contact.firstName`. */
export function indexFallbacks(fallbacks: Fallbacks): Map<string, string | number | boolean> {
  return new Map(
    Object.entries(fallbacks).map(([path, value]) => [
      canonicalField(path.startsWith("contact.") ? path : `contact.${path}`),
      value,
    ]),
  );
}

/**
 * Renders every part. In the usual case each part is rendered once. When fields are missing, those with a fallback get it, the
 * others become nil, and the parts are rendered again: a branch or a filter may ask for more. So every field that is missing
 * gets named, and none that is not asked for.
 */
export function mergeParts(parts: MessageParts, scope: MergeScope, options: MergeOptions): MergeResult {
  const missing = new Set<string>();
  const tried = new Set<string>();
  for (;;) {
    const round = renderAll(parts, scope, options.state, true);
    if (round.missing.length === 0) {
      return missing.size === 0 || options.policy === "empty"
        ? { outcome: "merged", texts: round.texts }
        : { outcome: "missing", fields: [...missing].sort() };
    }
    let progress = false;
    for (const field of round.missing) {
      const fallback = options.fallbacks.get(canonicalField(field));
      if (fallback === undefined) missing.add(field);
      if (tried.has(field)) continue;
      tried.add(field);
      progress = fillField(scope, field, fallback ?? null) || progress;
    }
    // Variables of the template itself (of a loop, an assignment) can't be filled in from outside.
    if (!progress) break;
  }
  if (options.policy !== "empty") return { outcome: "missing", fields: [...missing].sort() };
  return { outcome: "merged", texts: renderAll(parts, scope, options.state, false).texts };
}

function renderAll(
  parts: MessageParts,
  scope: MergeScope,
  state: MessageState,
  strict: boolean,
): { readonly texts: MergedTexts; readonly missing: readonly string[] } {
  const missing = new Set<string>();
  function textOf(part: TemplatePart): string {
    const result = renderPart(part, scope, state, strict);
    if (result.outcome === "text") return result.text;
    for (const field of result.fields) missing.add(field);
    return "";
  }
  const texts = {
    subject: textOf(parts.subject),
    text: textOf(parts.text),
    html: parts.html === null ? null : textOf(parts.html),
  };
  return { texts, missing: [...missing] };
}
