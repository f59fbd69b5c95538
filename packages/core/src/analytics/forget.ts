/** What goes from the events of a person who was deleted or erased, or went into one who was: whatever the host has told about them. */
import { identitiesOf } from "../audience/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { isAmong } from "../storage/sets.ts";
import { cellsOf, firstTouchesOf } from "./cells.ts";
import type { NewEvent } from "./event.ts";
import { deleteRequestsOf } from "./machines/requests-store.ts";
import { addToRollups, deleteFirstTouches, lowerFirstTouches } from "./store.ts";
import { toNewEvent } from "./stored-event.ts";

/**
 * Forgets what events say about a person. That something happened, and when, stays under the id of a contact that says nothing any more, so that
 * sums still add up; so does which of the campaign's segments a message was addressed to, and whether a machine did it, though not what showed that.
 */
export async function forgetPerson(unit: Unit, contactId: string): Promise<void> {
  const ids = [...(await identitiesOf(unit.db, unit.workspaceId, [contactId])).keys()];
  await forgetNamedSegments(unit, ids);
  await deleteRequestsOf(unit.db, unit.workspaceId, ids);
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
  await deleteFirstTouches(db, workspaceId, firstTouchesOf(named));
  await lowerFirstTouches(db, workspaceId, firstTouchesOf(events.map(unnamed)));
}
