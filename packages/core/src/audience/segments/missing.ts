/** For features that name segments: whether they are there, and what they are called. */
import { isId } from "../../kernel/validate.ts";
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

/** The names of the workspace's segments. What is no segment's id is not in the answer. */
export async function segmentNames(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const known = ids.filter(isId);
  if (known.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_segments")
    .select(["id", "name"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", known))
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
