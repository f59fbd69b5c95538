/** Feedback reports (ARF, RFC 5965): a recipient called a message spam. */
import type { InboundContent } from "@campaignkit/core";
import { fieldOf, readFields } from "./fields.ts";

/** Feedback types that are complaints. `not-spam` takes one back, `auth-failure` (RFC 6591) tells of a signature. */
const COMPLAINTS: readonly string[] = ["abuse", "fraud", "virus", "other", "opt-out", "miscategorized"];

/** What the machine's part of a report says. */
export function readFeedback(text: string): {
  readonly content: InboundContent;
  readonly references: readonly string[];
  readonly writtenTo: readonly string[];
} {
  const fields = readFields(text);
  const feedback = /^[a-z-]{1,40}/i.exec(fieldOf(fields, "feedback-type"))?.[0]?.toLowerCase() ?? "";
  return {
    content: COMPLAINTS.includes(feedback)
      ? { type: "complaint", feedback }
      : { type: "notice", notice: "other-feedback" },
    references: fields.get("original-mail-from") ?? [],
    writtenTo: (fields.get("original-rcpt-to") ?? []).map((value) => value.replace(/^<(.*)>$/, "$1")),
  };
}
