/** Makes one contact of two that are the same person. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound, validationError } from "../../kernel/validate.ts";
import { stricter } from "../consents/consent.ts";
import { moveConsentRequests } from "../consents/requests-store.ts";
import {
  applyConsents,
  type ConsentChange,
  consentLog,
  consentsOf,
  dropConsents,
} from "../consents/store.ts";
import { unitePreferences } from "../preferences/people.ts";
import { markChanged } from "../segments/changes.ts";
import { uniteMemberships } from "../segments/memberships.ts";
import { addAlias } from "./aliases.ts";
import {
  type ContactRecord,
  type ContactValues,
  deleteContacts,
  lockByIds,
  updateContacts,
} from "./store.ts";

/** Which contact stays, and which goes into it. */
export interface MergeOrder {
  readonly into: string;
  readonly from: string;
}

/**
 * Merges `from` into `into`: what `into` lacks is taken from `from`; of two consents or preferences the more restrictive counts; static
 * memberships are united, dynamic ones follow from the criteria; the logs become one. `from` is no more; its id stays an alias, so that what names it,
 * such as an unsubscribe link, means `into`.
 *
 * Other features follow by `contact.merged`.
 *
 * @throws {NOT_FOUND} {VALIDATION_FAILED} for a contact with itself.
 */
export async function mergeContacts(unit: Unit, { into, from }: MergeOrder): Promise<void> {
  if (into === from)
    throw validationError("merge", [
      { path: ["from"], message: "A contact can't go into itself; name two." },
    ]);
  const locked = new Map((await lockByIds(unit, [into, from])).map((record) => [record.id, record]));
  const kept = living(locked.get(into), into);
  const gone = living(locked.get(from), from);
  await mergeConsents(unit, kept.id, gone.id);
  await moveConsentRequests(unit, { into: kept.id, from: gone.id });
  await unitePreferences(unit, { into: kept.id, from: gone.id });
  await uniteMemberships(unit, { into: kept.id, from: gone.id });
  // First the one, then the other: its keys must be free before they are taken over.
  await deleteContacts(unit, [gone.id]);
  await addAlias(unit, { from: gone.id, into: kept.id });
  await updateContacts(unit, [filled(kept, gone)]);
  await markChanged(unit, [kept.id]);
  unit.record("contact.merged", {
    subject: { type: "contact", id: kept.id },
    data: { contactId: kept.id, fromContactId: gone.id },
  });
}

function living(record: ContactRecord | undefined, id: string): ContactRecord {
  if (record === undefined || record.erasedAt !== null) throw notFound("contact", id);
  return record;
}

function filled(kept: ContactRecord, gone: ContactRecord): ContactValues {
  const address = kept.emailNormalized === null ? gone : kept;
  return {
    id: kept.id,
    externalId: kept.externalId ?? gone.externalId,
    email: address.email,
    emailNormalized: address.emailNormalized,
    phone: kept.phone ?? gone.phone,
    firstName: kept.firstName ?? gone.firstName,
    lastName: kept.lastName ?? gone.lastName,
    locale: kept.locale ?? gone.locale,
    timeZone: kept.timeZone ?? gone.timeZone,
    attributes: { ...gone.attributes, ...kept.attributes },
    importId: kept.importId,
  };
}

async function mergeConsents(unit: Unit, into: string, from: string): Promise<void> {
  const known = await consentsOf(unit.db, unit.workspaceId, [into, from]);
  const changes: ConsentChange[] = [];
  for (const consent of known.get(from) ?? []) {
    const { channel, purpose } = consent;
    const own = (known.get(into) ?? []).find(
      (other) => other.channel === channel && other.purpose === purpose,
    );
    const state = own === undefined ? consent.state : stricter(own.state, consent.state);
    // Not before what it replaces, even where that was dated ahead.
    const at = Math.max(unit.now, own?.changedAt.getTime() ?? 0);
    if (state !== own?.state)
      changes.push({ contactId: into, channel, purpose, state, source: consent.source, at });
  }
  await applyConsents(unit, changes, { keepWithdrawn: true });
  await dropConsents(unit, [from], { erase: false });
  await consentLog.move(unit, { from, into });
}
