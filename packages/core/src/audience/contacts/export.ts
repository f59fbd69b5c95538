/** Everything that is known about contacts, for the person who asks (GDPR Art. 15 and 20) and for moving house. */
import type { AddressKind } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";
import { addressHash, findSalt } from "../addresses/hash.ts";
import type { Consent, ConsentLogEntry } from "../consents/consent.ts";
import { consentRequestsOf, type RequestedConsent } from "../consents/requests-store.ts";
import { consentLog, consentsOf } from "../consents/store.ts";
import { preferenceLog } from "../preferences/log-store.ts";
import { preferencesOf } from "../preferences/people.ts";
import { NO_PREFERENCES, type PreferenceLogEntry, type Preferences } from "../preferences/preferences.ts";
import { type Membership, membershipsOf } from "../segments/memberships.ts";
import { suppressionsByHash } from "../suppressions/store.ts";
import type { Suppression } from "../suppressions/suppression.ts";
import { identitiesOf } from "./aliases.ts";
import type { Contact } from "./contact.ts";
import { type ContactRecord, toContact } from "./store.ts";

/** Everything known about one contact; made of JSON but for its dates, which JSON writes as ISO 8601. */
export interface ContactExport {
  readonly contact: Contact;
  readonly consents: readonly Consent[];
  readonly consentLog: readonly ConsentLogEntry[];
  /** The last of each channel kind and purpose. */
  readonly consentRequests: readonly RequestedConsent[];
  readonly preferences: Preferences;
  readonly preferenceLog: readonly PreferenceLogEntry[];
  readonly segments: readonly Membership[];
  /** Of the addresses that the contact has now. */
  readonly suppressions: readonly Suppression[];
  /** What other features know, by their names. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Whom an export is about. */
export interface ExportRequest {
  readonly workspaceId: string;
  readonly contactIds: readonly string[];
  /**
   * Every id under which something may be kept of them, with the contact that it stands for: their own ids, and those of contacts that were
   * merged into them.
   */
  readonly identities: ReadonlyMap<string, string>;
}

/** What a feature adds to exports of contacts. */
export interface ContactExporter {
  /** The key under `more`. */
  readonly name: string;
  /** What it knows about each of these contacts, set-based; those of whom it knows nothing are left out. */
  export(db: Db, request: ExportRequest): Promise<ReadonlyMap<string, unknown>>;
}

/** Exports the contacts, in their order. */
export async function exportContacts(
  db: Db,
  workspaceId: string,
  records: readonly ContactRecord[],
  exporters: readonly ContactExporter[],
): Promise<readonly ContactExport[]> {
  const contactIds = records.map(({ id }) => id);
  const consents = await consentsOf(db, workspaceId, contactIds);
  const logs = await consentLog.ofContacts(db, workspaceId, contactIds);
  const requests = await consentRequestsOf(db, workspaceId, contactIds);
  const preferences = await preferencesOf(db, workspaceId, contactIds);
  const preferenceLogs = await preferenceLog.ofContacts(db, workspaceId, contactIds);
  const memberships = await membershipsOf(db, workspaceId, contactIds);
  const salt = await findSalt(db, workspaceId);
  const hashesOf = (record: ContactRecord): readonly string[] => (salt === null ? [] : hashes(salt, record));
  const suppressions = await suppressionsByHash(db, workspaceId, records.flatMap(hashesOf));
  const identities = await identitiesOf(db, workspaceId, contactIds);
  const more = new Map<string, ReadonlyMap<string, unknown>>();
  for (const exporter of exporters)
    more.set(exporter.name, await exporter.export(db, { workspaceId, contactIds, identities }));
  return records.map((record) => ({
    contact: toContact(record),
    consents: consents.get(record.id) ?? [],
    consentLog: logs.get(record.id) ?? [],
    consentRequests: requests.get(record.id) ?? [],
    preferences: preferences.get(record.id) ?? NO_PREFERENCES,
    preferenceLog: preferenceLogs.get(record.id) ?? [],
    segments: memberships.get(record.id) ?? [],
    suppressions: hashesOf(record).flatMap((hash) => suppressions.get(hash) ?? []),
    more: Object.fromEntries(
      [...more].flatMap(([name, known]) => (known.has(record.id) ? [[name, known.get(record.id)]] : [])),
    ),
  }));
}

function hashes(salt: string, { emailNormalized, phone }: ContactRecord): readonly string[] {
  const of = (kind: AddressKind, address: string | null): readonly string[] =>
    address === null ? [] : [addressHash(salt, kind, address)];
  return [...of("email", emailNormalized), ...of("phone", phone)];
}
