/** Words and marks: what mailbox lists cut, what people don't read, what filters take for spam. */
import { liquidSpans, rebuild } from "../liquid/spans.ts";
import { walkElements } from "./elements.ts";
import type { Finding, LintSubject } from "./finding.ts";

/** What mailbox lists show of a subject on a phone and on a desk. */
const LONG_SUBJECT = 70;
/** Letters below which capitals are a name or an acronym. */
const FEW_LETTERS = 8;
/** Of letters in the whole body, from which on it shouts. */
const MUCH_SHOUTING = 0.3;
const MANY_MARKS = 4;

/** Subject, preheader, and the words of the body. */
export function lintWording(subject: LintSubject): Finding[] {
  const { texts, body, text } = subject;
  const findings: Finding[] = [...lintSubjectLine(texts.subject)];
  if (body !== null && texts.preheader === undefined) {
    const message =
      "There is no preheader; mailbox lists then show the first words of the body behind the subject, often those of a menu.";
    findings.push({ code: "preheader-missing", message });
  }
  const words = body === null ? withoutLiquid(text) : wordsOf(body);
  if (body !== null && words.trim() === "" && withoutLiquid(text).trim() === "") {
    const message =
      "The mail has no text, only images: who does not load them sees nothing, and filters distrust it. Add words, or give text.";
    findings.push({ code: "text-missing", message });
  }
  const letters = count(words, /\p{L}/gu);
  if (letters > 5 * FEW_LETTERS && count(words, /\p{Lu}/gu) > letters * MUCH_SHOUTING) {
    const message =
      "Much of the text is in capitals; it is harder to read, and filters take it for shouting.";
    findings.push({ code: "text-shouts", message });
  }
  if (count(words, /[!¡！]/gu) > MANY_MARKS) {
    const message = `The text has ${count(words, /[!¡！]/gu)} exclamation marks; filters count them.`;
    findings.push({ code: "text-exclaims", message });
  }
  return findings;
}

function lintSubjectLine(subject: string): Finding[] {
  const fixed = withoutLiquid(subject);
  const findings: Finding[] = [];
  if (fixed.length > LONG_SUBJECT) {
    const message = `The subject has ${fixed.length} characters without its merge fields; mailbox lists cut it after about ${LONG_SUBJECT}.`;
    findings.push({ code: "subject-long", message });
  }
  const letters = count(fixed, /\p{L}/gu);
  if (letters >= FEW_LETTERS && count(fixed, /\p{Lu}/gu) > letters * 0.7) {
    const message = "The subject is in capitals; filters take it for shouting.";
    findings.push({ code: "subject-shouts", message });
  }
  if (count(fixed, /[!¡！]/gu) > 1) {
    const message = "The subject has several exclamation marks; filters count them.";
    findings.push({ code: "subject-exclaims", message });
  }
  if (/^\s*(?:re|fwd?|aw|wg)\s*:/i.test(fixed)) {
    const message =
      "The subject looks like an answer or a forwarded mail; people and filters take that for deceit.";
    findings.push({ code: "subject-feigns-reply", message });
  }
  return findings.map((finding) => ({ ...finding, field: "subject" }));
}

function withoutLiquid(source: string): string {
  return rebuild(source, liquidSpans(source), () => "");
}

/** What shows, without Liquid. */
function wordsOf({ html, parts, spans }: NonNullable<LintSubject["body"]>): string {
  // As long as the source, so that places stay the same.
  const masked = rebuild(html, spans, (span) => " ".repeat(span.end - span.begin));
  const words: string[] = [];
  walkElements(parts, { text: ({ begin, end }) => words.push(masked.slice(begin, end)) });
  return words.join(" ").replace(/&[a-z0-9#]{1,10};/gi, " ");
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
