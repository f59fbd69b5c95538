/**
 * Frequency caps: at most so many messages to a contact in a sliding window, over all campaigns and workers.
 *
 * The contact's row is locked, its recent sends are read, and the decision is written back in the same transaction, so two workers never
 * both take the last place. A delivery that is tried again keeps the place it has.
 */
import { type RawBuilder, sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import type { AddressKind } from "../ports/channel.ts";
import { fromJson } from "../storage/columns.ts";
import { familyOf } from "../storage/db.ts";
import { isAmong, rowsAs } from "../storage/sets.ts";

/** A cap on messages to one contact. */
export interface FrequencyCap {
  readonly limit: number;
  readonly windowMs: number;
}

/** One recent send: when, and which delivery. */
type Mark = readonly [at: number, deliveryId: string];

/** A delivery that wants a place. */
export interface FrequencyRequest {
  readonly deliveryId: string;
  readonly contactId: string;
}

/** A delivery that wants a place, under the cap that holds for its contact. */
export interface PlaceRequest extends FrequencyRequest {
  readonly limit: number;
}

/** Pure: whether the contact's recent sends leave a place for the delivery, and the sends to remember afterwards. */
export function placeFor(
  marks: readonly Mark[],
  deliveryId: string,
  cap: FrequencyCap,
  now: number,
): { readonly granted: boolean; readonly marks: readonly Mark[] } {
  const recent = marks.filter(([at]) => at > now - cap.windowMs);
  const others = recent.filter(([, id]) => id !== deliveryId);
  const known = others.length < recent.length;
  if (!known && recent.length >= cap.limit) return { granted: false, marks: recent };
  // One that is tried again moves its place along: its week begins with the last time that it may have gone out.
  return { granted: true, marks: [...others, [now, deliveryId]] };
}

/** Takes a place for each delivery that finds one; returns the ids of those that do not. No contact may be named twice. */
export async function takePlaces(
  unit: Unit,
  address: AddressKind,
  requests: readonly PlaceRequest[],
  windowMs: number,
): Promise<ReadonlySet<string>> {
  // Most have had nothing yet: for these it is one write. Always before any row is locked, so that two workers never wait for each other.
  const first = await insertFirstMarks(
    unit,
    address,
    requests.filter(({ limit }) => limit > 0),
  );
  const known = requests.filter(({ contactId }) => !first.has(contactId));
  const marksOf = await lockMarks(unit, address, known);
  const refused = new Set<string>();
  for (const { deliveryId, contactId, limit } of known) {
    const place = placeFor(marksOf.get(contactId) ?? [], deliveryId, { limit, windowMs }, unit.now);
    if (place.granted) marksOf.set(contactId, place.marks);
    else refused.add(deliveryId);
  }
  await writeMarks(unit, address, marksOf);
  return refused;
}

/** Gives the places of deliveries back that did not go out. */
export async function returnPlaces(
  unit: Unit,
  address: AddressKind,
  requests: readonly FrequencyRequest[],
): Promise<void> {
  if (requests.length === 0) return;
  const gone = new Set(requests.map(({ deliveryId }) => deliveryId));
  const marksOf = await lockMarks(unit, address, requests);
  await writeMarks(
    unit,
    address,
    new Map([...marksOf].map(([contactId, marks]) => [contactId, marks.filter(([, id]) => !gone.has(id))])),
  );
}

/** Makes the recent sends to one contact those of another, who is the same person. */
export async function uniteMarks(
  unit: Unit,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  const known = unit.db
    .selectFrom("ck_contact_frequency")
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", from);
  for (const { address } of await known.select("address").orderBy("address").execute()) {
    const marksOf = await lockMarks(unit, address, [{ contactId: from }, { contactId: into }]);
    const marks = [...marksOf.values()].flat().sort(([one], [other]) => one - other);
    await writeMarks(unit, address, new Map([[into, marks]]));
  }
  await unit.db
    .deleteFrom("ck_contact_frequency")
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", from)
    .execute();
}

/** Locks the contacts' rows in the order of their ids and reads them; who has had nothing yet has none. */
async function lockMarks(
  unit: Unit,
  address: string,
  requests: readonly Pick<FrequencyRequest, "contactId">[],
): Promise<Map<string, readonly Mark[]>> {
  if (requests.length === 0) return new Map();
  const contactIds = requests.map(({ contactId }) => contactId);
  const lock = familyOf(unit.db) === "postgres" ? sql`for update` : sql``;
  const { rows } = await sql<{ contact_id: string; marks: unknown }>`
    select contact_id, marks from ck_contact_frequency
    where workspace_id = ${unit.workspaceId} and ${isAmong(unit.db, "contact_id", "uuid", contactIds)} and address = ${address}
    order by contact_id ${lock}
  `.execute(unit.db);
  return new Map(rows.map((row) => [row.contact_id, fromJson<readonly Mark[]>(row.marks)]));
}

/** Notes the first send to contacts that have had none; returns these contacts. */
async function insertFirstMarks(
  unit: Unit,
  address: string,
  requests: readonly FrequencyRequest[],
): Promise<ReadonlySet<string>> {
  const marksOf = new Map(
    requests.map(({ contactId, deliveryId }): [string, readonly Mark[]] => [
      contactId,
      [[unit.now, deliveryId]],
    ]),
  );
  return insertMarks(unit, address, marksOf, sql`nothing`);
}

async function writeMarks(
  unit: Unit,
  address: string,
  marksOf: ReadonlyMap<string, readonly Mark[]>,
): Promise<void> {
  await insertMarks(unit, address, marksOf, sql`update set marks = excluded.marks`);
}

/** Always by key, whatever the planner thinks of a table that grew a moment ago. Returns the contacts whose marks were written. */
async function insertMarks(
  unit: Unit,
  address: string,
  marksOf: ReadonlyMap<string, readonly Mark[]>,
  onConflict: RawBuilder<unknown>,
): Promise<ReadonlySet<string>> {
  if (marksOf.size === 0) return new Set();
  const rows = [...marksOf].map(([contact_id, marks]) => ({ contact_id, marks }));
  const set = rowsAs(unit.db, "given", { contact_id: "uuid", marks: "json" }, rows);
  const written = await sql<{ contact_id: string }>`
    insert into ck_contact_frequency (workspace_id, contact_id, address, marks)
    select ${unit.workspaceId}, given.contact_id, ${address}, given.marks from ${set} where true order by given.contact_id
    on conflict (contact_id, address) do ${onConflict}
    returning contact_id
  `.execute(unit.db);
  return new Set(written.rows.map(({ contact_id }) => contact_id));
}
