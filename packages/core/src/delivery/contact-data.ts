/** What delivery knows about people: told on export, kept together on a merge, forgotten when the contact is deleted or erased. */
import { sql } from "kysely";
import { type ContactExporter, identitiesOf } from "../audience/index.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { isAmong, uuidOf } from "../storage/sets.ts";
import { toDelivery } from "./deliveries-store.ts";
import type { Delivery } from "./delivery.ts";
import { uniteMarks } from "./frequency.ts";
import { dropDiagnostics, selectReturned } from "./returns-store.ts";

/**
 * A far side's answer may quote the address. That something was sent, and when, stays under an id that says nothing any more. Goes for those
 * too who were merged into the contact: a delivery that was under way then has its answer under the old id.
 */
async function forget(unit: Unit, contactId: string): Promise<void> {
  const ids = [...(await identitiesOf(unit.db, unit.workspaceId, [contactId])).keys()];
  await dropErrors(unit, ids);
  await unit.db
    .deleteFrom("ck_contact_frequency")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", ids))
    .execute();
}

async function dropErrors(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .updateTable("ck_deliveries")
    .set({ error: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .where("error", "is not", null)
    .execute();
  await dropDiagnostics(unit, contactIds);
}

/**
 * The deliveries of one contact become those of another, and their recent sends count together. Where both have one for a post, each keeps its
 * own: no send is hidden. What stays under the old id says no more than that something was sent.
 */
async function move(unit: Unit, from: string, into: string): Promise<void> {
  await sql`
    update ck_deliveries set contact_id = ${uuidOf(unit.db, into)}
    where workspace_id = ${unit.workspaceId} and contact_id = ${uuidOf(unit.db, from)} and not exists (
      select 1 from ck_deliveries as other
      where other.contact_id = ${uuidOf(unit.db, into)} and other.post_id = ck_deliveries.post_id
    )
  `.execute(unit.db);
  await dropErrors(unit, [from]);
  await uniteMarks(unit, { from, into });
}

/** Follows the audience, in the same transaction. */
export const contactReactions: readonly Reaction[] = [
  react("contact.erased", (unit, { data }) => forget(unit, data.contactId)),
  react("contact.deleted", (unit, { data }) => forget(unit, data.contactId)),
  react("contact.merged", (unit, { data }) => move(unit, data.fromContactId, data.contactId)),
];

/** Adds to the export of a contact what was sent to it, or why not. */
export const deliveryExporter: ContactExporter = {
  name: "deliveries",
  async export(db, { workspaceId, identities }) {
    const rows = await db
      .selectFrom("ck_deliveries")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where(isAmong(db, "contact_id", "uuid", [...identities.keys()]))
      .orderBy("id")
      .execute();
    const byContact = new Map<string, Delivery[]>();
    const returned = await selectReturned(
      db,
      workspaceId,
      rows.map(({ id }) => id),
    );
    for (const delivery of rows.map((row) => toDelivery(row, returned.get(row.id)))) {
      const contactId = identities.get(delivery.contactId ?? "") ?? "";
      byContact.set(contactId, [...(byContact.get(contactId) ?? []), delivery]);
    }
    return byContact;
  },
};
