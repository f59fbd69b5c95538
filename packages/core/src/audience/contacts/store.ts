/** The SQL of contacts. Nothing else writes the table. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { fromJson, toDate, toDateOrNull, toJson } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import { bigintOf, isAmong, rowsAs, textsAs, uuidOf } from "../../storage/sets.ts";
import type { ContactsTable } from "../../storage/tables/audience.ts";
import type { AttributeValue } from "../attributes/attribute.ts";
import type { Contact } from "./contact.ts";
import { type ContactKey, joinContact } from "./lookup.ts";

/** A contact as the table keeps it, with its JSON read. */
export interface ContactRecord {
  readonly id: string;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly emailNormalized: string | null;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly importId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly erasedAt: Date | null;
}

/** What can be written of a contact. */
export type ContactValues = Omit<ContactRecord, "createdAt" | "updatedAt" | "erasedAt">;

/** A row of the table as a record. */
function toRecord(row: Selectable<ContactsTable>): ContactRecord {
  return {
    id: row.id,
    externalId: row.external_id,
    email: row.email,
    emailNormalized: row.email_normalized,
    phone: row.phone,
    firstName: row.first_name,
    lastName: row.last_name,
    locale: row.locale,
    timeZone: row.time_zone,
    attributes: fromJson<Record<string, AttributeValue>>(row.attributes),
    importId: row.import_id,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    erasedAt: toDateOrNull(row.erased_at),
  };
}

/** A record as the public API shows it. */
export function toContact(record: ContactRecord): Contact {
  const { emailNormalized: _normalized, importId: _import, ...contact } = record;
  return contact;
}

/** One contact, erased or not. */
export async function findContact(db: Db, workspaceId: string, id: string): Promise<ContactRecord | null> {
  const row = await db
    .selectFrom("ck_contacts")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** Contacts by id, those that are there, in id order. */
export async function contactsByIds(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<readonly ContactRecord[]> {
  const rows = await db
    .selectFrom("ck_contacts")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", ids))
    .orderBy("id")
    .execute();
  return rows.map(toRecord);
}

/** The contact with that external id or that normalised address. */
export async function findByKey(
  db: Db,
  workspaceId: string,
  key: { readonly externalId: string } | { readonly emailNormalized: string },
): Promise<ContactRecord | null> {
  const query = db.selectFrom("ck_contacts").selectAll().where("workspace_id", "=", workspaceId);
  const row = await ("externalId" in key
    ? query.where("external_id", "=", key.externalId)
    : query.where("email_normalized", "=", key.emailNormalized)
  ).executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** Locks the contacts that any of these keys names, in id order, and reads them as they are under the lock. */
export async function lockByKeys(
  unit: Unit,
  keys: { readonly externalIds: readonly string[]; readonly emails: readonly string[] },
): Promise<readonly ContactRecord[]> {
  const { db, workspaceId } = unit;
  const by = (key: ContactKey, values: readonly string[]): RawBuilder<string> =>
    sql`select c.id from ${textsAs(db, values)} as k ${joinContact(db, workspaceId, key, "k.value")}`;
  const named = [
    ...(keys.externalIds.length > 0 ? [by("external_id", keys.externalIds)] : []),
    ...(keys.emails.length > 0 ? [by("email_normalized", keys.emails)] : []),
  ];
  if (named.length === 0) return [];
  const ids = sql.join(named, sql` union `);
  return lock(unit, familyOf(db) === "postgres" ? sql`c.id = any(array(${ids}))` : sql`c.id in (${ids})`);
}

/** Locks contacts by id, in id order. */
export function lockByIds(unit: Unit, ids: readonly string[]): Promise<readonly ContactRecord[]> {
  return lock(unit, isAmong(unit.db, "c.id", "uuid", ids));
}

async function lock(unit: Unit, named: RawBuilder<boolean>): Promise<readonly ContactRecord[]> {
  const { db, workspaceId } = unit;
  const forUpdate = familyOf(db) === "postgres" ? sql`for update of c` : sql``;
  const { rows } = await sql<Selectable<ContactsTable>>`
    select c.* from ck_contacts as c
    where c.workspace_id = ${workspaceId} and ${named}
    order by c.id ${forUpdate}`.execute(db);
  return rows.map(toRecord);
}

const VALUES_SHAPE = {
  id: "uuid",
  external_id: "text",
  email: "text",
  email_normalized: "text",
  phone: "text",
  first_name: "text",
  last_name: "text",
  locale: "text",
  time_zone: "text",
  attributes: "json",
  import_id: "uuid",
} as const;

function valueRows(unit: Unit, contacts: readonly ContactValues[]): RawBuilder<unknown> {
  const rows = contacts.map((contact) => ({
    id: contact.id,
    external_id: contact.externalId,
    email: contact.email,
    email_normalized: contact.emailNormalized,
    phone: contact.phone,
    first_name: contact.firstName,
    last_name: contact.lastName,
    locale: contact.locale,
    time_zone: contact.timeZone,
    attributes: contact.attributes,
    import_id: contact.importId,
  }));
  return rowsAs(unit.db, "r", VALUES_SHAPE, rows);
}

/** Adds contacts; one whose key somebody else took first is left out. @returns the ids that were added. */
export async function insertContacts(
  unit: Unit,
  contacts: readonly ContactValues[],
): Promise<ReadonlySet<string>> {
  if (contacts.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    insert into ck_contacts (workspace_id, id, external_id, email, email_normalized, phone, first_name, last_name, locale,
      time_zone, attributes, import_id, created_at, updated_at)
    select ${unit.workspaceId}, r.id, r.external_id, r.email, r.email_normalized, r.phone, r.first_name, r.last_name, r.locale,
      r.time_zone, r.attributes, r.import_id, ${bigintOf(unit.now)}, ${bigintOf(unit.now)}
    from ${valueRows(unit, contacts)}
    where true
    order by r.email_normalized, r.external_id
    on conflict do nothing
    returning id`.execute(unit.db);
  return new Set(rows.map(({ id }) => id));
}

/** Gives up unique keys, so that other rows of the same statement may take them. */
export async function releaseKeys(unit: Unit, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await unit.db
    .updateTable("ck_contacts")
    .set({ external_id: null, email_normalized: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "id", "uuid", ids))
    .execute();
}

/** Writes contacts that are locked. @throws {STORAGE_FAILED} of kind `unique` when somebody else took a key meanwhile. */
export async function updateContacts(unit: Unit, contacts: readonly ContactValues[]): Promise<void> {
  if (contacts.length === 0) return;
  await sql`
    update ck_contacts set external_id = r.external_id, email = r.email, email_normalized = r.email_normalized, phone = r.phone,
      first_name = r.first_name, last_name = r.last_name, locale = r.locale, time_zone = r.time_zone,
      attributes = r.attributes, import_id = r.import_id, updated_at = ${bigintOf(unit.now)}
    from ${valueRows(unit, contacts)}
    where ck_contacts.workspace_id = ${unit.workspaceId} and ck_contacts.id = r.id and ck_contacts.erased_at is null`.execute(
    unit.db,
  );
}

/** A part of the workspace's contacts, in id order, without the erased ones. `where`: a condition over `ck_contacts as c`. */
export async function contactPage(
  db: Db,
  workspaceId: string,
  page: { readonly after: string | null; readonly limit: number },
  where?: RawBuilder<boolean>,
): Promise<readonly ContactRecord[]> {
  const after = page.after === null ? sql`` : sql`and c.id > ${uuidOf(db, page.after)}`;
  const condition = where === undefined ? sql`` : sql`and ${where}`;
  const { rows } = await sql<Selectable<ContactsTable>>`
    select c.* from ck_contacts as c
    where c.workspace_id = ${workspaceId} and c.erased_at is null ${after} ${condition}
    order by c.id limit ${sql.lit(page.limit)}`.execute(db);
  return rows.map(toRecord);
}

/** Removes contacts. What hangs on them is removed by its own stores. */
export async function deleteContacts(unit: Unit, ids: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_contacts")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "id", "uuid", ids))
    .execute();
}

/** Leaves of a contact its id and its times. */
export async function blankContact(unit: Unit, id: string): Promise<void> {
  await unit.db
    .updateTable("ck_contacts")
    .set({
      external_id: null,
      email: null,
      email_normalized: null,
      phone: null,
      first_name: null,
      last_name: null,
      locale: null,
      time_zone: null,
      attributes: toJson({}),
      import_id: null,
      updated_at: unit.now,
      erased_at: unit.now,
    })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}

/** The id that many contacts further on, erased ones included; `null` when fewer are left. */
export async function contactIdAfter(
  db: Db,
  workspaceId: string,
  after: string | null,
  count: number,
): Promise<string | null> {
  let query = db
    .selectFrom("ck_contacts")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .orderBy("id")
    .offset(sql.lit(count - 1))
    .limit(sql.lit(1));
  if (after !== null) query = query.where("id", ">", after);
  return (await query.executeTakeFirst())?.id ?? null;
}

/** Takes one attribute from the contacts of a span of ids: after the first, up to the last. */
export async function stripAttribute(
  unit: Unit,
  name: string,
  span: { readonly after: string | null; readonly to: string | null },
): Promise<void> {
  const { db, workspaceId } = unit;
  const after = span.after === null ? sql`` : sql`and id > ${uuidOf(db, span.after)}`;
  const to = span.to === null ? sql`` : sql`and id <= ${uuidOf(db, span.to)}`;
  const without =
    familyOf(db) === "postgres"
      ? sql`attributes - ${sql.lit(name)}`
      : sql`json_remove(attributes, ${sql.lit(`$.${name}`)})`;
  await sql`
    update ck_contacts set attributes = ${without}
    where workspace_id = ${workspaceId} ${after} ${to} and (attributes -> ${sql.lit(name)}) is not null`.execute(
    db,
  );
}
