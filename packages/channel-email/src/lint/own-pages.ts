/** The links to unsubscribe and to the preference centre: that there is one, and that it will lead somewhere. */
import { mentionsPreferences, mentionsUnsubscribe } from "../compile/links.ts";
import { type LiquidSpan, liquidSpans } from "../liquid/spans.ts";
import type { Finding, LintSubject } from "./finding.ts";

/** Whether the author wrote such a link, in the HTML or in the text. */
function isWritten(
  { body, text }: LintSubject,
  mentions: (source: string, spans: readonly LiquidSpan[]) => boolean,
): boolean {
  return (body !== null && mentions(body.html, body.spans)) || mentions(text, liquidSpans(text));
}

/** What is wrong with the links to our own pages. */
export function lintOwnPages(subject: LintSubject): Finding[] {
  return [...lintUnsubscribe(subject), ...lintPreferences(subject)];
}

function lintUnsubscribe(subject: LintSubject): Finding[] {
  const { tracked, footer } = subject;
  const written = isWritten(subject, mentionsUnsubscribe);
  if (written && !tracked) {
    const message = "The post uses unsubscribeUrl, but messages get none here: the engine has no base URL.";
    return [{ code: "unsubscribe-address-missing", message }];
  }
  if (written || (tracked && footer)) return [];
  const message = "The post has no unsubscribe link; add one with {{ unsubscribeUrl }}.";
  return [{ code: "unsubscribe-missing", message }];
}

function lintPreferences(subject: LintSubject): Finding[] {
  if (subject.tracked || !isWritten(subject, mentionsPreferences)) return [];
  const message = "The post uses preferencesUrl, but messages get none here: the engine has no base URL.";
  return [{ code: "preferences-address-missing", message }];
}
