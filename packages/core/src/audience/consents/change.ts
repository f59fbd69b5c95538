/** Use cases of consent that other features call in their own unit. */
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { markChanged } from "../segments/changes.ts";
import { applyConsents } from "./store.ts";

/** Who takes what back, and where. */
export interface Withdrawal {
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly purpose: string;
  /** Where it came from, such as `one-click unsubscribe`. Never personal data. */
  readonly source: string;
}

/**
 * Withdraws a consent; sends that look afterwards skip the contact. Idempotent; a contact that is no more changes nothing, so that an old
 * unsubscribe link never fails.
 *
 * @returns whether it changed anything.
 */
export async function withdrawConsent(unit: Unit, withdrawal: Withdrawal): Promise<boolean> {
  const changes = [{ ...withdrawal, state: "withdrawn" as const, at: unit.now }];
  const changed = await applyConsents(unit, changes, { keepWithdrawn: true });
  if (changed.length === 0) return false;
  await markChanged(unit, [withdrawal.contactId]);
  unit.record("consent.changed", {
    subject: { type: "contact", id: withdrawal.contactId },
    data: { ...withdrawal, state: "withdrawn" },
  });
  return true;
}
