/** For features that name segments: whether they are there. */
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";

/** Those of the ids that name no segment of the workspace, in their order. */
export async function missingSegments(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("ck_segments")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", ids))
    .execute();
  const known = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !known.has(id));
}
