/** Suppresses the address of a contact whom messages do not reach, or who complained about one. */
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { readEmail } from "../addresses/email.ts";
import { survivorOf } from "../contacts/aliases.ts";
import { findContact } from "../contacts/store.ts";
import { suppress } from "./suppress.ts";
import type { SuppressionReason } from "./suppression.ts";

/** Whose address, and why. */
export interface ContactSuppression {
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly reason: SuppressionReason;
  /** Where it came from, such as `bounce mail`. Never personal data. */
  readonly source: string;
  /** The mail addresses that the message was written to, as far as is known: where the contact has another by now, that one is not to blame. */
  readonly writtenTo: readonly string[];
}

/**
 * Suppresses the address that the contact has now, for all traffic of the workspace. The id of a merged contact means who they are now.
 * Idempotent.
 *
 * @returns whether it is suppressed for that reason now: not for one who is gone, has no address, or has another than the one that was written to.
 */
export async function suppressContact(unit: Unit, order: ContactSuppression): Promise<boolean> {
  const { channel, reason, source, writtenTo } = order;
  const contactId = (await survivorOf(unit.db, unit.workspaceId, order.contactId)) ?? order.contactId;
  const contact = await findContact(unit.db, unit.workspaceId, contactId);
  if (contact === null || contact.erasedAt !== null) return false;
  const address = channel === "email" ? contact.email : contact.phone;
  const written = writtenTo.flatMap((address) => {
    const reading = readEmail(address);
    return reading.outcome === "read" ? [reading.normalized] : [];
  });
  if (address === null || (written.length > 0 && !written.includes(contact.emailNormalized ?? "")))
    return false;
  await suppress(unit, { channel, address, reason, source, contactId });
  return true;
}
