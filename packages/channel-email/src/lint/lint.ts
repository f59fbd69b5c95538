/** What an author should look at before a post goes out. Warnings only: what can't be sent at all is refused elsewhere. */
import type { ChannelWarning, WarningPlace } from "@campaignkit/core";
import { lintContrast } from "./contrast.ts";
import type { Finding, LintSubject } from "./finding.ts";
import { lintImages } from "./images.ts";
import { lintLinks } from "./links.ts";
import { lintMergeFields } from "./merge-fields.ts";
import { lintOwnPages } from "./own-pages.ts";
import { lintStructure } from "./structure.ts";
import { lintWording } from "./wording.ts";

const RULES: readonly ((subject: LintSubject) => Finding[])[] = [
  lintWording,
  lintMergeFields,
  lintStructure,
  lintImages,
  lintLinks,
  lintContrast,
  lintOwnPages,
];

/** Of one kind; a template that repeats itself says nothing new after it. */
const MAX_OF_A_CODE = 20;

/** Looks a variant over. */
export function lintVariant(subject: LintSubject): ChannelWarning[] {
  const { locale } = subject;
  const told = new Map<string, number>();
  return RULES.flatMap((rule) => rule(subject)).flatMap((finding): ChannelWarning[] => {
    const before = told.get(finding.code) ?? 0;
    told.set(finding.code, before + 1);
    if (before >= MAX_OF_A_CODE) return [];
    const message = locale === null ? finding.message : `${finding.message} (locale ${locale})`;
    return [{ code: finding.code, message, place: placeOf(finding, subject) }];
  });
}

/** Line and column, where the author's own source has them: what MJML made of it has others. */
function placeOf({ at, field }: Finding, { texts, body, locale }: LintSubject): WarningPlace {
  const bodyField = texts.mjml !== undefined ? "mjml" : texts.html !== undefined ? "html" : "text";
  const base = { field: field ?? bodyField, ...(locale === null ? {} : { locale }) };
  if (at === undefined || body === null || texts.mjml !== undefined || at < body.sourceAt) return base;
  const before = body.html.slice(body.sourceAt, at);
  const newline = before.lastIndexOf("\n");
  return { ...base, line: lines(before), column: before.length - newline };
}

/** The number of the line that a text ends in. */
function lines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
