/** Suppresses the mail address of a contact whom mail does not reach, or who complained about it. */
import type { Unit } from "../../kernel/unit.ts";
import { readEmail } from "../addresses/email.ts";
import { survivorOf } from "../contacts/aliases.ts";
import { findContact } from "../contacts/store.ts";
import { suppress } from "./suppress.ts";
import type { SuppressionReason } from "./suppression.ts";

/** Whose address, and why. */
export interface ContactSuppression {
  readonly contactId: string;
  readonly reason: SuppressionReason;
  /** Where it came from, such as `bounce mail`. Never personal data. */
  readonly source: string;
  /** The addresses that the message was written to, as far as is known: where the contact has another by now, that one is not to blame. */
  readonly writtenTo: readonly string[];
}

/**
 * Suppresses the mail address that the contact has now, for all traffic of the workspace. The id of a merged contact means who they are now.
 * Idempotent.
 *
 * @returns whether it is suppressed for that reason now: not for one who is gone, has no address, or has another than the one that was written to.
 */
export async function suppressContact(unit: Unit, order: ContactSuppression): Promise<boolean> {
  const { reason, source, writtenTo } = order;
  const contactId = (await survivorOf(unit.db, unit.workspaceId, order.contactId)) ?? order.contactId;
  const contact = await findContact(unit.db, unit.workspaceId, contactId);
  if (contact === null || contact.email === null || contact.erasedAt !== null) return false;
  const written = writtenTo.flatMap((address) => {
    const reading = readEmail(address);
    return reading.outcome === "read" ? [reading.normalized] : [];
  });
  if (written.length > 0 && !written.includes(contact.emailNormalized ?? "")) return false;
  await suppress(unit, { channel: "email", address: contact.email, reason, source, contactId });
  return true;
}
