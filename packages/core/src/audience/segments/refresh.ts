/** Brings dynamic segments up to date: as a whole, or for the contacts that changed. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import { attributeTypes } from "../attributes/store.ts";
import { markMoved, takeChanged } from "./changes.ts";
import { fillSegment, moveMembers } from "./evaluate.ts";
import { type SegmentLinks, withDependencies } from "./graph.ts";
import type { MembersMoved, Segment } from "./segment.ts";
import { lockSegments, markRefreshed, segmentLinks } from "./store.ts";

/** Changed contacts in one step of the job. */
const CHANGED_PER_STEP = 1_000;

/**
 * Brings segments up to date, for other features to call in their own unit before they read members. Segments that these look at are
 * brought up to date before them; static ones always are. One look at all contacts each; who joined and left is known afterwards.
 *
 * @returns what moved, by segment. @throws {NOT_FOUND}
 */
export async function refreshSegments(
  unit: Unit,
  segmentIds: readonly string[],
): Promise<ReadonlyMap<string, MembersMoved>> {
  const links = await segmentLinks(unit.db, unit.workspaceId);
  const order = withDependencies(links, segmentIds);
  const segments = new Map((await lockSegments(unit, order)).map((segment) => [segment.id, segment]));
  const missing = segmentIds.find((id) => !segments.has(id));
  if (missing !== undefined) throw notFound("segment", missing);
  const moved = new Map<string, MembersMoved>();
  for (const id of order) {
    const segment = segments.get(id);
    if (segment === undefined) continue;
    moved.set(id, await refreshWhole(unit, segment, isUsedBeyond(links, id, segments)));
  }
  return moved;
}

/** Whether a segment outside of these looks at it, so that its moves concern others. */
function isUsedBeyond(links: SegmentLinks, id: string, within: ReadonlyMap<string, unknown>): boolean {
  return [...links].some(([user, uses]) => uses.has(id) && !within.has(user));
}

async function refreshWhole(unit: Unit, segment: Segment, tellOthers: boolean): Promise<MembersMoved> {
  if (segment.criteria === null) return { joined: 0, left: 0 };
  const evaluation = {
    segmentId: segment.id,
    criteria: segment.criteria,
    types: await attributeTypes(unit.db, unit.workspaceId),
  };
  const runId = unit.newId();
  const first = segment.refreshedAt === null;
  const moved = first
    ? { joined: await fillSegment(unit, evaluation), left: 0 }
    : await moveMembers(unit, evaluation, runId);
  if (!first && tellOthers) await markMoved(unit, segment.id, runId);
  await markRefreshed(unit, segment.id);
  recordMoves(unit, segment.id, moved);
  return moved;
}

/**
 * Looks again at contacts that changed, in all dynamic segments, each after those it looks at. @returns how many contacts were looked at;
 * zero when nothing waits.
 */
export async function refreshChanged(unit: Unit): Promise<number> {
  // Locked before the queue is read, so that two refreshes never evaluate the same contact from two views.
  const segments = new Map((await lockSegments(unit, "all-dynamic")).map((segment) => [segment.id, segment]));
  const contactIds = await takeChanged(unit, CHANGED_PER_STEP);
  if (contactIds.length === 0) return 0;
  const types = await attributeTypes(unit.db, unit.workspaceId);
  const links = await segmentLinks(unit.db, unit.workspaceId);
  for (const id of withDependencies(links, [...segments.keys()])) {
    const segment = segments.get(id);
    // One that was never filled is filled as a whole by whoever made it.
    if (segment?.criteria == null || segment.refreshedAt === null) continue;
    const evaluation = { segmentId: id, criteria: segment.criteria, types, contactIds };
    recordMoves(unit, id, await moveMembers(unit, evaluation, unit.newId()));
  }
  return contactIds.length;
}

function recordMoves(unit: Unit, segmentId: string, moved: MembersMoved): void {
  if (moved.joined + moved.left === 0) return;
  unit.record("segment.members-changed", {
    subject: { type: "segment", id: segmentId },
    data: { segmentId, joined: moved.joined, left: moved.left },
  });
}
