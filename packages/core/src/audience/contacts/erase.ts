/** Deleting a contact, and erasing a person (GDPR Art. 17, CCPA § 1798.105). */
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { dropConsentRequests } from "../consents/requests-store.ts";
import { applyConsents, consentsOf, dropConsents } from "../consents/store.ts";
import { deleteRefusalsOf } from "../imports/refusals.ts";
import { dropPreferences } from "../preferences/people.ts";
import { markChanged } from "../segments/changes.ts";
import { dropMemberships, dropMoves } from "../segments/memberships.ts";
import { forgetSuppressedAddresses, insertSuppressions } from "../suppressions/store.ts";
import { lockMeant } from "./aliases.ts";
import { blankContact, type ContactRecord, deleteContacts, lockByIds } from "./store.ts";

/** Removes a contact. Suppressions of the addresses stand; the consent log stays as proof. @throws {NOT_FOUND} */
export async function deleteContact(unit: Unit, contactId: string): Promise<void> {
  const [contact] = await lockByIds(unit, [contactId]);
  if (contact === undefined) throw notFound("contact", contactId);
  await dropMemberships(unit, [contactId]);
  await dropConsents(unit, [contactId], { erase: false });
  await dropConsentRequests(unit, [contactId]);
  await dropPreferences(unit, [contactId]);
  await deleteContacts(unit, [contactId]);
  await markChanged(unit, [contactId]);
  unit.record("contact.deleted", { subject: { type: "contact", id: contactId }, data: { contactId } });
}

/**
 * Forgets a person: everything personal about the contact goes, here and, by `contact.erased`, in every feature. What stays is a row with
 * the id, so that sums over past sends still add up; the consent log without its evidence; and the salted hashes of the addresses as
 * suppressions, so that the person is not written to again. The id of a merged contact means who they are now. Idempotent.
 *
 * @returns whether there was something to erase. @throws {NOT_FOUND}
 */
export async function eraseContact(unit: Unit, namedId: string): Promise<boolean> {
  const contact = await lockMeant(unit, namedId);
  if (contact === null) throw notFound("contact", namedId);
  if (contact.erasedAt !== null) return false;
  const { id: contactId } = contact;
  const addresses = addressesOf(contact);
  await insertSuppressions(
    unit,
    addresses.map((address) => ({ ...address, reason: "erased", source: "erasure" })),
  );
  await forgetSuppressedAddresses(unit, addresses);
  await deleteRefusalsOf(unit, { email: contact.emailNormalized, externalId: contact.externalId });
  await withdrawAll(unit, contactId);
  await dropConsents(unit, [contactId], { erase: true });
  await dropConsentRequests(unit, [contactId]);
  await dropPreferences(unit, [contactId]);
  await dropMemberships(unit, [contactId]);
  await dropMoves(unit, [contactId]);
  await blankContact(unit, contactId);
  await markChanged(unit, [contactId]);
  unit.record("contact.erased", { subject: { type: "contact", id: contactId }, data: { contactId } });
  return true;
}

function addressesOf(
  contact: ContactRecord,
): readonly { readonly channel: AddressKind; readonly address: string }[] {
  return [
    ...(contact.emailNormalized === null
      ? []
      : [{ channel: "email" as const, address: contact.emailNormalized }]),
    ...(contact.phone === null ? [] : [{ channel: "phone" as const, address: contact.phone }]),
  ];
}

/** The log says how each consent ended. */
async function withdrawAll(unit: Unit, contactId: string): Promise<void> {
  const consents = (await consentsOf(unit.db, unit.workspaceId, [contactId])).get(contactId) ?? [];
  const changes = consents.map(({ channel, purpose, changedAt }) => ({
    contactId,
    channel,
    purpose,
    state: "withdrawn" as const,
    source: "erasure",
    // Not before what it ends, even where the clock was set back.
    at: Math.max(unit.now, changedAt.getTime()),
  }));
  await applyConsents(unit, changes, { keepWithdrawn: true });
}
