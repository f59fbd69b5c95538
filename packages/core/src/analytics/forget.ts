/** What goes from the events of a person who was deleted or erased, or went into one who was: whatever the host has told about them. */
import { type Selectable, sql } from "kysely";
import { identitiesOf } from "../audience/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { micros } from "../math/money.ts";
import { toInteger } from "../storage/columns.ts";
import { isAmong, rowsAs } from "../storage/sets.ts";
import type { EventsTable } from "../storage/tables/analytics.ts";
import { cellsOf, type FirstTouch, firstTouchesOf } from "./cells.ts";
import type { NewEvent } from "./event.ts";
import { addToRollups, lowerFirstTouches } from "./store.ts";

/**
 * Forgets what events say about a person. That something happened, and when, stays under the id of a contact that says nothing any more, so that
 * sums still add up; so does which of the campaign's segments a message was addressed to.
 */
export async function forgetPerson(unit: Unit, contactId: string): Promise<void> {
  const ids = [...(await identitiesOf(unit.db, unit.workspaceId, [contactId])).keys()];
  await forgetNamedSegments(unit, ids);
  await unit.db
    .updateTable("ck_events")
    .set({ properties: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", ids))
    .execute();
}

/** A segment that an event names is the host's word about the person: what happened counts for none from now on. */
async function forgetNamedSegments(unit: Unit, contactIds: readonly string[]): Promise<void> {
  const { db, workspaceId } = unit;
  const theirs = isAmong(db, "contact_id", "uuid", contactIds);
  const rows = await db
    .selectFrom("ck_events")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(theirs)
    .execute();
  const events = rows.map(toNewEvent);
  const named = events.filter(({ segment }) => segment !== null);
  if (named.length === 0) return;
  const unnamed = (event: NewEvent): NewEvent =>
    event.segment === null ? event : { ...event, segment: null, segmentSet: null };
  await db
    .updateTable("ck_events")
    .set({ segment: null, segment_set: null })
    .where("workspace_id", "=", workspaceId)
    .where(theirs)
    .where("segment", "is not", null)
    .execute();
  const taken = cellsOf(named).map((cell) => ({
    ...cell,
    count: -cell.count,
    value_micros: -cell.value_micros,
  }));
  await addToRollups(db, workspaceId, [...taken, ...cellsOf(named.map(unnamed))]);
  await deleteFirstTouches(unit, firstTouchesOf(named));
  await lowerFirstTouches(db, workspaceId, firstTouchesOf(events.map(unnamed)));
}

async function deleteFirstTouches({ db, workspaceId }: Unit, touches: readonly FirstTouch[]): Promise<void> {
  const keys = touches.map(({ first_at: _, ...key }) => key);
  const shape = {
    campaign_id: "uuid",
    type: "text",
    machine: "boolean",
    contact_id: "uuid",
    post_id: "uuid",
    channel: "text",
    segment_set: "text",
  } as const;
  await sql`
    delete from ck_first_touches
    where workspace_id = ${workspaceId} and (campaign_id, type, machine, contact_id, post_id, channel, segment_set) in (
      select gone.campaign_id, gone.type, gone.machine, gone.contact_id, gone.post_id, gone.channel, gone.segment_set
      from ${rowsAs(db, "gone", shape, keys)}
    )
  `.execute(db);
}

function toNewEvent(row: Selectable<EventsTable>): NewEvent {
  return {
    id: row.id,
    type: row.type,
    at: toInteger(row.at),
    campaignId: row.campaign_id,
    postId: row.post_id,
    contactId: row.contact_id,
    channel: row.channel,
    variant: row.variant,
    segment: row.segment,
    segmentSet: row.segment_set,
    count: toInteger(row.count),
    value:
      row.currency === null || row.value_micros === null
        ? null
        : micros(row.currency, toInteger(row.value_micros)),
    machine: row.machine,
  };
}
