/** Figures by segment: those of a set of segments count for each segment in it. */
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import { segmentsOf } from "../segment-sets.ts";
import type { GroupKey, Selection } from "./selection.ts";

/** Counts of sets become counts of each segment in them; what counts for none stays as it is. */
export async function bySegment<Count extends { readonly group: GroupKey }>(
  db: Db,
  { workspaceId, dimensions, segment: only }: Selection,
  counts: readonly Count[],
): Promise<readonly Count[]> {
  if (!dimensions.includes("segment")) return counts;
  const setIds = [...new Set(counts.flatMap(({ group }) => group.segment ?? []))];
  const sets = await segmentsOf(db, workspaceId, setIds);
  return counts.flatMap((count) => {
    const { group } = count;
    if (group.segment === null) return [count];
    const segments = sets.get(group.segment) ?? [];
    return segments
      .filter((segment) => only === null || segment === only)
      .map((segment) => ({ ...count, group: { ...group, segment } }));
  });
}

/** What joins a row of people, under that alias, to each segment that it counts for; nothing where segments don't matter. */
export function joinSegments(
  { workspaceId, dimensions, segment: only }: Selection,
  alias: string,
): RawBuilder<unknown> {
  if (!dimensions.includes("segment")) return sql``;
  const wanted = only === null ? sql`` : sql`and member.segment = ${only}`;
  return sql`left join ck_segment_sets as member
    on member.workspace_id = ${workspaceId} and member.set_id = ${sql.ref(`${alias}.segment_set`)} ${wanted}`;
}
