/** Changes one contact that is known by its id. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import { attributeTypes } from "../attributes/store.ts";
import { recordConsents } from "../consents/change.ts";
import { recordChoices } from "../preferences/change.ts";
import { topicKeys } from "../preferences/topics-store.ts";
import type { ContactInput, ContactWarning, ContactWriteOptions } from "./contact.ts";
import { keyConflict, refusedInput } from "./failures.ts";
import { readContact } from "./input.ts";
import { lockByIds, lockByKeys, updateContacts } from "./store.ts";
import { merged } from "./upsert-ledger.ts";
import { writeChoices, writeConsents } from "./write.ts";

/** What can be changed of a contact by its id, and how. */
export type ContactUpdateOptions = Pick<ContactWriteOptions, "phoneCountry">;

/**
 * Lays the changes over the contact.
 *
 * @returns whether anything changed, and what was left out. @throws {NOT_FOUND} {VALIDATION_FAILED} {CONFLICT} when a key belongs to another contact.
 */
export async function updateContact(
  unit: Unit,
  contactId: string,
  changes: ContactInput,
  options: ContactUpdateOptions,
): Promise<{ readonly outcome: "updated" | "unchanged"; readonly warnings: readonly ContactWarning[] }> {
  const reading = readContact(changes, {
    now: unit.now,
    types: await attributeTypes(unit.db, unit.workspaceId),
    topics: changes.topics === undefined ? new Set() : await topicKeys(unit.db, unit.workspaceId),
    unknownAttributes: "refuse",
    lenientPhone: false,
    ...options,
  });
  if (reading.issues.length > 0) throw refusedInput(reading.issues);
  const { fields } = reading.draft;
  const [contact] = await lockByIds(unit, [contactId]);
  if (contact === undefined || contact.erasedAt !== null) throw notFound("contact", contactId);
  const holders = await lockByKeys(unit, {
    externalIds: fields.externalId == null ? [] : [fields.externalId],
    emails: fields.emailNormalized == null ? [] : [fields.emailNormalized],
  });
  const holder = holders.find(({ id }) => id !== contactId);
  if (holder !== undefined) {
    const key = holder.externalId === fields.externalId ? "external id" : "e-mail address";
    throw keyConflict(holder.id, `another contact has the ${key}`);
  }
  const { values, changed } = merged(contact, reading.draft);
  if (changed.length > 0) await updateContacts(unit, [values]);
  const { consents: stated, topics } = reading.draft;
  const written = { contactId, changed: changed.length > 0, consents: stated, topics };
  const consents = await writeConsents(unit, [written], false);
  const choices = await writeChoices(unit, [written], false);
  if (changed.length > 0)
    unit.record("contact.updated", {
      subject: { type: "contact", id: contactId },
      data: { contactId, changed },
    });
  recordConsents(unit, consents);
  recordChoices(unit, choices);
  const outcome = changed.length + consents.length + choices.length > 0 ? "updated" : "unchanged";
  return { outcome, warnings: reading.warnings };
}
