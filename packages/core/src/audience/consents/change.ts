/** Use cases of consent that other features call in their own unit. */
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { lockMeant } from "../contacts/aliases.ts";
import { markChanged } from "../segments/changes.ts";
import { applyConsents, type ConsentChange } from "./store.ts";

/** Who takes what back, and where. */
export interface Withdrawal {
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly purpose: string;
  /** Where it came from, such as `one-click unsubscribe`. Never personal data. */
  readonly source: string;
}

/**
 * Withdraws a consent; sends that look afterwards skip the contact. The id of a merged contact means who they are now. Idempotent; a contact
 * that is no more changes nothing, so that an old unsubscribe link never fails.
 *
 * @returns whether it changed anything.
 */
export async function withdrawConsent(unit: Unit, withdrawal: Withdrawal): Promise<boolean> {
  const contact = await lockMeant(unit, withdrawal.contactId);
  if (contact === null) return false;
  const change: ConsentChange = {
    contactId: contact.id,
    channel: withdrawal.channel,
    purpose: withdrawal.purpose,
    source: withdrawal.source,
    state: "withdrawn",
    at: unit.now,
  };
  const changed = await applyConsents(unit, [change], { keepWithdrawn: true });
  if (changed.length === 0) return false;
  await markChanged(unit, [contact.id]);
  recordConsents(unit, changed);
  return true;
}

/** One activity for each statement that changed something. */
export function recordConsents(unit: Unit, changed: readonly ConsentChange[]): void {
  for (const { contactId, channel, purpose, state, source } of changed)
    unit.record("consent.changed", {
      subject: { type: "contact", id: contactId },
      data: { contactId, channel, purpose, state, source },
    });
}
