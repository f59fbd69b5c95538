/** What delivery knows about people: told on export, kept together on a merge, forgotten on erasure. */
import { sql } from "kysely";
import type { ContactExporter } from "../audience/index.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { idsAs, uuidOf } from "../storage/sets.ts";
import { toDelivery } from "./deliveries-store.ts";
import type { Delivery } from "./delivery.ts";

/** A far side's answer may quote the address. That something was sent, and when, stays under an id that says nothing any more. */
async function forget(unit: Unit, contactId: string): Promise<void> {
  await unit.db
    .updateTable("ck_deliveries")
    .set({ error: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", contactId)
    .execute();
  await unit.db
    .deleteFrom("ck_contact_frequency")
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", contactId)
    .execute();
}

/** The deliveries of one contact become those of another. Where both have one for a post, each keeps its own: no send is hidden. */
async function move(unit: Unit, from: string, into: string): Promise<void> {
  await sql`
    update ck_deliveries set contact_id = ${uuidOf(unit.db, into)}
    where workspace_id = ${unit.workspaceId} and contact_id = ${uuidOf(unit.db, from)} and not exists (
      select 1 from ck_deliveries as other
      where other.contact_id = ${uuidOf(unit.db, into)} and other.post_id = ck_deliveries.post_id
    )
  `.execute(unit.db);
}

/** Follows the audience, in the same transaction. */
export const contactReactions: readonly Reaction[] = [
  react("contact.erased", (unit, { data }) => forget(unit, data.contactId)),
  react("contact.merged", (unit, { data }) => move(unit, data.fromContactId, data.contactId)),
];

/** Adds to the export of a contact what was sent to it, or why not. */
export const deliveryExporter: ContactExporter = {
  name: "deliveries",
  async export(db, { workspaceId, contactIds }) {
    const rows = await db
      .selectFrom("ck_deliveries")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where("contact_id", "in", idsAs(db, contactIds))
      .orderBy("id")
      .execute();
    const byContact = new Map<string, Delivery[]>();
    for (const delivery of rows.map(toDelivery)) {
      const contactId = delivery.contactId ?? "";
      byContact.set(contactId, [...(byContact.get(contactId) ?? []), delivery]);
    }
    return byContact;
  },
};
