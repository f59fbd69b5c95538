/** Brings dynamic segments up to date. */
import type { Unit } from "../../kernel/unit.ts";
import { lockSegment } from "./store.ts";

/**
 * Brings segments up to date, for other features to call in their own unit before they read members. Static segments always are.
 *
 * @throws {NOT_FOUND}
 */
export async function refreshSegments(unit: Unit, segmentIds: readonly string[]): Promise<void> {
  for (const segmentId of [...new Set(segmentIds)].sort()) await lockSegment(unit, segmentId);
}
