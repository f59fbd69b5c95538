/** Recording events: each once, with every sum it belongs to, in one transaction. */
import { survivorsOf } from "../audience/index.ts";
import type { Unit } from "../kernel/unit.ts";
import type { NewEvent } from "./event.ts";
import { countAndCorrect } from "./machines/correct.ts";
import { type Judging, judgeNew, keepNew } from "./machines/judge-new.ts";
import { keepSegmentSets } from "./segment-sets.ts";
import { insertEvents } from "./store.ts";

/** Rows per statement: past it a statement costs no less per row, and holds its locks longer. */
const ROWS_PER_STATEMENT = 1_000;

function* chunksOf<Row>(rows: readonly Row[], size: number): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size);
}

function contactsOf(events: readonly NewEvent[]): readonly string[] {
  return [...new Set(events.flatMap(({ contactId }) => contactId ?? []))];
}

/** The sets that only events name; others are kept by whoever says them. */
function namedSegments(events: readonly NewEvent[]): readonly (readonly string[])[] {
  return events.flatMap(({ segment }) => (segment == null ? [] : [[segment]]));
}

function ofSurvivor(event: NewEvent, survivors: ReadonlyMap<string, string>): NewEvent {
  const survivor = survivors.get(event.contactId ?? "");
  return survivor === undefined ? event : { ...event, contactId: survivor };
}

/**
 * Records events and brings the roll-ups and first touches up to date in the same transaction.
 *
 * Idempotent by event id: an event that is there already changes nothing, whatever else it says. Late and out-of-order events are as
 * good as punctual ones. What happens to a contact that went into another, as by a link in an older message, happens to the one that stayed. The caller vouches for the ids and texts; what comes from outside goes through `EventsService`.
 *
 * With `judging`, tracked requests are judged together with what is known of their messages; earlier ones that turn out to be part of a burst
 * are corrected with the same commit.
 *
 * Returns the ids that were new. For the fewest locks call it once per transaction, with all events.
 */
export async function recordEvents(
  unit: Unit,
  events: readonly NewEvent[],
  judging?: Judging,
): Promise<ReadonlySet<string>> {
  const { db, workspaceId, now } = unit;
  const distinct = new Map<string, NewEvent>();
  for (const event of events) if (!distinct.has(event.id)) distinct.set(event.id, event);
  // All ids before any sum: a writer that holds a sum never waits for an id.
  const told = [...distinct.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const survivors = await survivorsOf(db, workspaceId, contactsOf(told));
  const ordered = survivors.size === 0 ? told : told.map((event) => ofSurvivor(event, survivors));
  await keepSegmentSets(unit, namedSegments(ordered));
  const judged = judging === undefined ? null : await judgeNew(unit, ordered, judging);
  const recorded = new Set<string>();
  for (const chunk of chunksOf(judged?.events ?? ordered, ROWS_PER_STATEMENT)) {
    for (const id of await insertEvents(db, workspaceId, now, chunk)) recorded.add(id);
  }
  const added = (judged?.events ?? ordered).filter(({ id }) => recorded.has(id));
  if (added.length === 0) return recorded;
  if (judged !== null) await keepNew(unit, judged, recorded);
  await countAndCorrect(db, workspaceId, added, judged?.corrections ?? []);
  return recorded;
}
