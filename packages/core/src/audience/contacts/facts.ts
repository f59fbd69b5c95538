/** For features that name contacts: whether they are there. */
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";

/** Those of the ids that name contacts of the workspace, erased ones too. */
export async function knownContacts(
  db: Db,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom("ck_contacts")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "id", "uuid", ids))
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** The contacts of the workspace that these ids of the host's name. */
export async function contactsByExternalIds(
  db: Db,
  workspaceId: string,
  externalIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (externalIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_contacts")
    .select(["id", "external_id"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "external_id", "text", externalIds))
    .execute();
  return new Map(rows.flatMap((row) => (row.external_id === null ? [] : [[row.external_id, row.id]])));
}
