/** What happens to a contact's events when the contact is erased or merged. */
import { sql } from "kysely";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { uuidOf } from "../storage/sets.ts";

/**
 * Takes from the events of an erased person whatever the host has told about them. That something happened, and when, stays under the id
 * of a contact that says nothing any more, so that sums still add up.
 */
async function forgetProperties(unit: Unit, contactId: string): Promise<void> {
  await unit.db
    .updateTable("ck_events")
    .set({ properties: null, segment: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", contactId)
    .execute();
}

/** Makes the events of one contact those of another; whoever was counted twice is counted once. */
async function moveEvents(unit: Unit, from: string, into: string): Promise<void> {
  const { db, workspaceId } = unit;
  await db
    .updateTable("ck_events")
    .set({ contact_id: into })
    .where("workspace_id", "=", workspaceId)
    .where("contact_id", "=", from)
    .execute();
  await sql`
    insert into ck_first_touches (workspace_id, campaign_id, scope, type, machine, post_id, channel, contact_id, first_at)
    select moved.workspace_id, moved.campaign_id, moved.scope, moved.type, moved.machine, moved.post_id, moved.channel,
      ${uuidOf(db, into)}, moved.first_at
    from ck_first_touches as moved
    where moved.workspace_id = ${workspaceId} and moved.contact_id = ${uuidOf(db, from)}
    order by moved.campaign_id, moved.scope, moved.type, moved.machine, moved.post_id, moved.channel
    on conflict (workspace_id, campaign_id, scope, type, machine, post_id, channel, contact_id)
    do update set first_at = excluded.first_at where excluded.first_at < ck_first_touches.first_at
  `.execute(db);
  await db
    .deleteFrom("ck_first_touches")
    .where("workspace_id", "=", workspaceId)
    .where("contact_id", "=", from)
    .execute();
}

/** Follows the audience, in the same transaction. */
export const analyticsReactions: readonly Reaction[] = [
  react("contact.erased", (unit, { data }) => forgetProperties(unit, data.contactId)),
  react("contact.merged", (unit, { data }) => moveEvents(unit, data.fromContactId, data.contactId)),
];
