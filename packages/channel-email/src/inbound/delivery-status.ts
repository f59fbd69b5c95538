/** The machine's part of a delivery status notification (RFC 3464). */
import type { InboundContent } from "@campaignkit/core";
import { bounceOf, readFailure } from "./bounce-rules.ts";
import { type Fields, fieldOf, readBlocks, typedAddress } from "./fields.ts";

/** One message goes to one recipient; an alias behind it may stand for a few. */
const MAX_BLOCKS = 50;

/** What the part says. */
export interface StatusReport {
  readonly content: InboundContent;
  /** Values of the fields about the whole message, which may name it. */
  readonly references: readonly string[];
  /** The recipients as they were given to the first server, where it says so. */
  readonly writtenTo: readonly string[];
}

/** `null` when it tells of no recipient. */
export function readDeliveryStatus(text: string): StatusReport | null {
  const blocks = readBlocks(text, MAX_BLOCKS);
  // Servers that leave out the empty line, or the block about the message, tell of the recipient in the first one.
  const recipients = blocks.filter((block) => block.has("final-recipient") || block.has("action"));
  if (recipients.length === 0) return null;
  const about = blocks.filter((block) => !recipients.includes(block));
  return {
    content: contentOf(recipients),
    references: about.flatMap((block) => [...block.values()].flat()),
    writtenTo: recipients.flatMap((block) => typedAddress(fieldOf(block, "original-recipient")) ?? []),
  };
}

/** A failure of any recipient is one of the delivery; else it waits, or all went well. */
function contentOf(recipients: readonly Fields[]): InboundContent {
  const failed = recipients.find((block) => actionOf(block) === "failed");
  if (failed !== undefined) {
    const said = fieldOf(failed, "diagnostic-code").replace(/^[\w-]{1,40};\s*/, "");
    return { type: "bounce", bounce: bounceOf(readFailure(fieldOf(failed, "status"), said)) };
  }
  const delayed = recipients.some((block) => actionOf(block) === "delayed");
  return { type: "notice", notice: delayed ? "delayed" : "delivered" };
}

/** The action; where there is none, by the class of the status. */
function actionOf(block: Fields): string {
  const action = /^[a-z]+/i.exec(fieldOf(block, "action"))?.[0]?.toLowerCase();
  if (action !== undefined) return action;
  return { "5": "failed", "4": "delayed" }[fieldOf(block, "status").charAt(0)] ?? "delivered";
}
