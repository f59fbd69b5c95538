/** The SQL of consents that were asked for. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { isId } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { fromJson, toInteger, toIntegerOrNull, toJson } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, uuidOf } from "../../storage/sets.ts";
import type { ConsentRequestsTable } from "../../storage/tables/preferences.ts";

/** A consent that a contact was asked for, as an export tells it. */
export interface RequestedConsent {
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly source: string;
  /** What the host gave along; with the consent, once that is confirmed. */
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly confirmedAt: Date | null;
}

/** A request as the table keeps it. Times are epoch milliseconds. */
export interface ConsentRequestRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly addressHash: string;
  readonly source: string;
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly confirmedAt: number | null;
}

function toRecord(row: Selectable<ConsentRequestsTable>): ConsentRequestRecord {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    contactId: row.contact_id,
    channel: row.channel as AddressKind,
    purpose: row.purpose,
    addressHash: row.address_hash,
    source: row.source,
    evidence: row.evidence === null ? null : fromJson<Record<string, unknown>>(row.evidence),
    requestedAt: toInteger(row.requested_at),
    expiresAt: toInteger(row.expires_at),
    confirmedAt: toIntegerOrNull(row.confirmed_at),
  };
}

/** The request of that id, in whatever workspace: only a link that we signed leads here. */
export async function findConsentRequest(db: Db, id: string): Promise<ConsentRequestRecord | null> {
  if (!isId(id)) return null;
  const row = await db.selectFrom("ck_consent_requests").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** The contact's last request for that channel kind and purpose. */
export async function lastConsentRequest(
  unit: Unit,
  { contactId, channel, purpose }: Pick<ConsentRequestRecord, "contactId" | "channel" | "purpose">,
): Promise<ConsentRequestRecord | null> {
  const row = await unit.db
    .selectFrom("ck_consent_requests")
    .selectAll()
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", contactId)
    .where("channel", "=", channel)
    .where("purpose", "=", purpose)
    .executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** What these contacts were asked for, by contact. */
export async function consentRequestsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly RequestedConsent[]>> {
  const rows = await db
    .selectFrom("ck_consent_requests")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .execute();
  const sorted = rows.map(toRecord).sort((one, other) => one.requestedAt - other.requestedAt);
  return new Map(
    [...Map.groupBy(sorted, ({ contactId }) => contactId)].map(([contactId, own]) => [
      contactId,
      own.map(({ channel, purpose, source, evidence, requestedAt, expiresAt, confirmedAt }) => ({
        channel,
        purpose,
        source,
        evidence,
        requestedAt: new Date(requestedAt),
        expiresAt: new Date(expiresAt),
        confirmedAt: confirmedAt === null ? null : new Date(confirmedAt),
      })),
    ]),
  );
}

/** Writes the request of a locked contact, in place of the one before. */
export async function putConsentRequest(
  unit: Unit,
  request: Omit<ConsentRequestRecord, "workspaceId" | "confirmedAt">,
): Promise<void> {
  const values = {
    id: request.id,
    address_hash: request.addressHash,
    source: request.source,
    evidence: request.evidence === null ? null : toJson(request.evidence),
    requested_at: request.requestedAt,
    expires_at: request.expiresAt,
    confirmed_at: null,
  };
  const { contactId: contact_id, channel, purpose } = request;
  await unit.db
    .insertInto("ck_consent_requests")
    .values({ workspace_id: unit.workspaceId, contact_id, channel, purpose, ...values })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "contact_id", "channel", "purpose"]).doUpdateSet(values),
    )
    .execute();
}

/** Marks a request as confirmed. @returns whether this call did it. */
export async function markConfirmed(unit: Unit, id: string): Promise<boolean> {
  const marked = await unit.db
    .updateTable("ck_consent_requests")
    .set({ confirmed_at: unit.now, evidence: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .where("confirmed_at", "is", null)
    .where("expires_at", ">", unit.now)
    .executeTakeFirst();
  return marked.numUpdatedRows === 1n;
}

/** Makes the requests of one contact those of another, who is the same person; where both have one, the other's stands. */
export async function moveConsentRequests(
  unit: Unit,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  await sql`
    update ck_consent_requests set contact_id = ${uuidOf(unit.db, into)}
    where workspace_id = ${unit.workspaceId} and contact_id = ${uuidOf(unit.db, from)} and not exists (
      select 1 from ck_consent_requests as other
      where other.workspace_id = ${unit.workspaceId} and other.contact_id = ${uuidOf(unit.db, into)}
        and other.channel = ck_consent_requests.channel and other.purpose = ck_consent_requests.purpose
    )`.execute(unit.db);
  await dropConsentRequests(unit, [from]);
}

/** Makes the links of these contacts worthless. */
export async function dropConsentRequests(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_consent_requests")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
