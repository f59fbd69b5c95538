/** Changes what events were taken for, and moves every sum that they stand in by exactly as much. */
import { type Selectable, sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { EventsTable } from "../../storage/tables/analytics.ts";
import { type Cell, cellsOf, firstTouchesOf, sumCells } from "../cells.ts";
import type { NewEvent } from "../event.ts";
import { addToRollups, deleteEmptyRollups, lowerFirstTouches, recountFirstTouches } from "../store.ts";
import { toNewEvent } from "../stored-event.ts";

/** An event that is to be taken for something else. */
export interface Correction {
  readonly eventId: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** The events whose verdicts were changed, as they are now, and the verdicts before. */
async function updateVerdicts(
  db: Db,
  workspaceId: string,
  corrections: readonly Correction[],
): Promise<readonly NewEvent[]> {
  const rows = corrections.map(({ eventId, from, to }) => ({
    id: eventId,
    from_machine: from,
    to_machine: to,
  }));
  const shape = { id: "text", from_machine: "text", to_machine: "text" } as const;
  const { rows: changed } = await sql<Selectable<EventsTable>>`
    update ck_events set machine = judged.to_machine
    from ${rowsAs(db, "judged", shape, rows)}
    where ck_events.workspace_id = ${workspaceId} and ck_events.id = judged.id
      and coalesce(ck_events.machine, '') = coalesce(judged.from_machine, '')
    returning *
  `.execute(db);
  return changed.map(toNewEvent);
}

/** What is taken from sums in which the events stood. */
function taken(cells: readonly Cell[]): readonly Cell[] {
  return cells.map((cell) => ({ ...cell, count: -cell.count, value_micros: -cell.value_micros }));
}

/**
 * Counts new events and corrects earlier ones, in one pass over the sums so that their locks are taken in one order.
 *
 * A correction whose event was changed by somebody else meanwhile is left out. Returns how many were made.
 */
export async function countAndCorrect(
  db: Db,
  workspaceId: string,
  added: readonly NewEvent[],
  corrections: readonly Correction[],
): Promise<number> {
  const after = corrections.length === 0 ? [] : await updateVerdicts(db, workspaceId, corrections);
  const before = new Map(corrections.map(({ eventId, from }) => [eventId, from]));
  // People and machines stand in different sums; one reason or another does not matter there.
  const moved = after.filter(({ id, machine }) => (machine == null) !== (before.get(id) == null));
  const past = moved.map((event) => ({ ...event, machine: before.get(event.id) ?? null }));
  const fresh = cellsOf(added);
  const cells = moved.length === 0 ? fresh : sumCells([...fresh, ...taken(cellsOf(past)), ...cellsOf(moved)]);
  await addToRollups(db, workspaceId, cells);
  if (past.length > 0) {
    await deleteEmptyRollups(db, workspaceId, cellsOf(past));
    await recountFirstTouches(db, workspaceId, firstTouchesOf(past));
  }
  await lowerFirstTouches(db, workspaceId, firstTouchesOf([...added, ...moved]));
  return after.length;
}
