/** Use cases of double opt-in: a consent is asked for, looked at, and confirmed. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound, validationError } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";
import { addressHash, findSalt, requireSalt } from "../addresses/hash.ts";
import { type ContactRecord, findContact, lockByIds } from "../contacts/store.ts";
import { markChanged } from "../segments/changes.ts";
import { recordConsents } from "./change.ts";
import type { Consent, ConsentState } from "./consent.ts";
import {
  type ConfirmationProof,
  type ConsentRequestInput,
  type ConsentRequestState,
  DEFAULT_EXPIRY_MS,
  requestState,
} from "./request.ts";
import {
  type ConsentRequestRecord,
  findConsentRequest,
  lastConsentRequest,
  markConfirmed,
  putConsentRequest,
} from "./requests-store.ts";
import { applyConsents, consentsOf } from "./store.ts";

/** What is asked, checked. */
export type ConsentQuestion = Required<Pick<ConsentRequestInput, "channel" | "purpose" | "source">> &
  Pick<ConsentRequestInput, "evidence" | "expiresAt">;

const addressOf = (contact: ContactRecord, channel: AddressKind): string | null =>
  channel === "email" ? contact.emailNormalized : contact.phone;

async function consentTo(
  db: Db,
  workspaceId: string,
  { contactId, channel, purpose }: Pick<ConsentRequestRecord, "contactId" | "channel" | "purpose">,
): Promise<Consent | null> {
  const known = (await consentsOf(db, workspaceId, [contactId])).get(contactId) ?? [];
  return known.find((consent) => consent.channel === channel && consent.purpose === purpose) ?? null;
}

/**
 * Asks for a consent. A consent nobody spoke of becomes `pending`; one that was given or withdrawn stays, for whoever fills in a form with
 * somebody else's address must not change it. Asking again while a link is good makes that link last longer.
 *
 * @throws {NOT_FOUND} {VALIDATION_FAILED} for a contact without such an address.
 */
export async function requestConsent(
  unit: Unit,
  contactId: string,
  question: ConsentQuestion,
): Promise<{ readonly id: string; readonly expiresAt: Date; readonly state: ConsentState }> {
  const { channel, purpose, source, evidence } = question;
  const [contact] = await lockByIds(unit, [contactId]);
  if (contact === undefined || contact.erasedAt !== null) throw notFound("contact", contactId);
  const address = addressOf(contact, channel);
  if (address === null) {
    const message = `The contact has no ${channel} address that a link could be sent to.`;
    throw validationError("consent request", [{ path: ["channel"], message }]);
  }
  const hash = addressHash(await requireSalt(unit), channel, address);
  const key = { contactId, channel, purpose };
  const last = await lastConsentRequest(unit, key);
  const consent = await consentTo(unit.db, unit.workspaceId, key);
  const isGood = last !== null && stateOf(last, last.addressHash === hash, consent, unit.now) === "open";
  const wanted = question.expiresAt?.getTime() ?? unit.now + DEFAULT_EXPIRY_MS;
  const expiresAt = isGood ? Math.max(last.expiresAt, wanted) : wanted;
  const id = isGood ? last.id : unit.newId();
  await putConsentRequest(unit, {
    ...key,
    id,
    addressHash: hash,
    source,
    evidence: evidence ?? null,
    requestedAt: isGood ? last.requestedAt : unit.now,
    expiresAt,
  });
  if (consent === null) {
    const changed = await applyConsents(unit, [{ ...key, state: "pending", source, at: unit.now }], {
      keepWithdrawn: true,
    });
    await markChanged(unit, [contactId]);
    recordConsents(unit, changed);
  }
  return { id, expiresAt: new Date(expiresAt), state: consent?.state ?? "pending" };
}

function stateOf(
  request: ConsentRequestRecord,
  sameAddress: boolean,
  consent: Consent | null,
  now: number,
): ConsentRequestState {
  const { requestedAt, expiresAt, confirmedAt } = request;
  const known = consent === null ? null : { state: consent.state, changedAt: consent.changedAt.getTime() };
  return requestState({ requestedAt, expiresAt, confirmedAt, sameAddress, consent: known }, now);
}

/** A request as a link names it. */
export interface NamedRequest {
  readonly workspaceId: string;
  readonly state: ConsentRequestState;
  /** The contact's language. */
  readonly locale: string | null;
}

/** Where the request stands that a link names; `null` when there is none any more. Changes nothing. */
export async function viewConsentRequest(db: Db, id: string, now: number): Promise<NamedRequest | null> {
  const request = await findConsentRequest(db, id);
  if (request === null) return null;
  const { workspaceId, contactId } = request;
  const contact = await findContact(db, workspaceId, contactId);
  if (contact === null || contact.erasedAt !== null) return null;
  return { workspaceId, state: await standOf(db, request, contact, now), locale: contact.locale };
}

async function standOf(
  db: Db,
  request: ConsentRequestRecord,
  contact: ContactRecord,
  now: number,
): Promise<ConsentRequestState> {
  const { workspaceId, channel } = request;
  const salt = await findSalt(db, workspaceId);
  const address = addressOf(contact, channel);
  const same =
    salt !== null && address !== null && addressHash(salt, channel, address) === request.addressHash;
  return stateOf(request, same, await consentTo(db, workspaceId, request), now);
}

/**
 * Confirms what a link names: the consent is granted, with the proof. Of several at once one does it, the others see it done. Idempotent.
 *
 * @returns where the request stands now; `null` when there is none any more.
 */
export async function confirmConsent(
  unit: Unit,
  id: string,
  proof: ConfirmationProof,
): Promise<ConsentRequestState | null> {
  const named = await findConsentRequest(unit.db, id);
  if (named === null || named.workspaceId !== unit.workspaceId) return null;
  const [contact] = await lockByIds(unit, [named.contactId]);
  // Read anew under the lock: another press of the button, or an erasure, may have come before.
  const request = await findConsentRequest(unit.db, id);
  if (contact === undefined || contact.erasedAt !== null || request === null) return null;
  const state = await standOf(unit.db, request, contact, unit.now);
  if (state !== "open" || !(await markConfirmed(unit, id))) return state;
  const consent = await consentTo(unit.db, unit.workspaceId, request);
  const { contactId, channel, purpose, requestedAt } = request;
  const source = `double opt-in: ${request.source}`;
  const doubleOptIn = {
    requestedAt: new Date(requestedAt).toISOString(),
    confirmedAt: new Date(unit.now).toISOString(),
    ...proof,
  };
  // Not before what it replaces, even where that was dated ahead.
  const at = Math.max(unit.now, consent?.changedAt.getTime() ?? 0);
  const change = { contactId, channel, purpose, source, at, evidence: { ...request.evidence, doubleOptIn } };
  const changed = await applyConsents(unit, [{ ...change, state: "granted" }], { keepWithdrawn: false });
  await markChanged(unit, [contactId]);
  recordConsents(unit, changed);
  return "confirmed";
}
