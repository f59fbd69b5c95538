/** Bounces from before reports were a format: words for people, and the message below them. */
import type { InboundContent } from "@campaignkit/core";
import { bounceOf, readFailure } from "./bounce-rules.ts";
import { type Fields, fieldOf } from "./fields.ts";
import { type Quoted, readQuoted } from "./quoted.ts";

/** What marks one, and where the message begins in it. */
interface TextForm {
  /** In the words at the beginning. */
  readonly words: RegExp;
  /** The line before the message. */
  readonly marker: RegExp;
  /** What it says when it has not been given up. */
  readonly delayed?: RegExp;
}

/** The first that fits. Sources: QSBMF (qmail's own format), Exim 4 before 4.88, and what other servers write. */
const FORMS: readonly TextForm[] = [
  {
    words: /^\s*Hi\. (?:This is the|The) .{0,80}(?:qmail-send|deliver)/i,
    marker: /^--- (?:Below this line is|Enclosed are|Undelivered message follows)/i,
  },
  {
    words: /This message was created automatically by mail delivery software/i,
    marker: /^-{3,} This is a copy of the message/i,
    delayed: /has not been delivered to one or more|no action is required on your part/i,
  },
  {
    words:
      /(?:could not be|couldn't be|was not|wasn't|unable to be|undeliverable|failed to be) ?deliver|unable to deliver|delivery (?:has )?fail/i,
    marker: /^-{2,10} ?(?:original|the original|copy|returned|below this line|this is a copy)/i,
  },
];

const MAX_WORDS = 20_000;
/** Of the words and the headers of the message below them. */
const MAX_TEXT = 200_000;
const MACHINE = /mailer-daemon|postmaster|mail delivery (?:sub)?system/i;

/** What a mail without a report says, if it is a bounce in words; `null` when it is none. */
export function readTextBounce(
  headers: Fields,
  text: string,
): { readonly content: InboundContent; readonly quoted: Quoted } | null {
  const fromMachine = MACHINE.test(fieldOf(headers, "from")) || headers.has("x-failed-recipients");
  if (!fromMachine) return null;
  const form = FORMS.find(({ words }) => words.test(text.slice(0, MAX_WORDS)));
  if (form === undefined) return null;
  const lines = text.slice(0, MAX_TEXT).split(/\r?\n/);
  const marker = lines.findIndex((line) => form.marker.test(line));
  const words = (marker === -1 ? lines : lines.slice(0, marker)).join("\n").slice(0, MAX_WORDS);
  const quoted = readQuoted(marker === -1 ? "" : lines.slice(marker + 1).join("\n"));
  if (form.delayed?.test(words)) return { content: { type: "notice", notice: "delayed" }, quoted };
  return { content: { type: "bounce", bounce: bounceOf(readFailure("", reasonIn(words))) }, quoted };
}

/** The words about the recipient: what follows the first line that names one, as all these forms do. */
function reasonIn(words: string): string {
  const lines = words.split(/\r?\n/).map((line) => line.trim());
  const first = lines.findIndex((line) => /^<?[^\s<>@]+@[^\s<>@]+>?:?/.test(line));
  return lines
    .slice(Math.max(first, 0))
    .filter((line) => line !== "")
    .slice(0, 12)
    .join(" ");
}
