/** The SQL of folders. Whatever changes the tree runs under the workspace's lock, so that nothing moves while it is looked at. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { notFound, requireId } from "../../kernel/validate.ts";
import { toDate } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import type { CampaignFoldersTable } from "../../storage/tables/campaigns.ts";
import { searchForm } from "../terms.ts";
import { depthOf, type StoredFolder } from "./folder.ts";

/** The last code point there is: after every path that goes on from a prefix. */
const LAST = "\u{10FFFF}";

function toFolder(row: Selectable<CampaignFoldersTable>): StoredFolder {
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id,
    depth: depthOf(row.path),
    path: row.path,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  };
}

/** A folder of the workspace. @throws {NOT_FOUND} */
export async function loadFolder(db: Db, workspaceId: string, id: string): Promise<StoredFolder> {
  const row = await db
    .selectFrom("ck_campaign_folders")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", requireId("folder", id))
    .executeTakeFirst();
  if (row === undefined) throw notFound("folder", id);
  return toFolder(row);
}

/** Whether the folder is there; it stays until the unit ends. */
export async function holdFolder(unit: Unit, id: string): Promise<boolean> {
  const row = await unit.db
    .selectFrom("ck_campaign_folders")
    .select("id")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .$if(familyOf(unit.db) === "postgres", (query) => query.forShare())
    .executeTakeFirst();
  return row !== undefined;
}

/** Waits for everybody who is putting something into the folder, and keeps others from it until the unit ends. */
export async function lockFolder(unit: Unit, id: string): Promise<void> {
  if (familyOf(unit.db) !== "postgres") return;
  await unit.db
    .selectFrom("ck_campaign_folders")
    .select("id")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .forUpdate()
    .execute();
}

/** The ids of a folder and everything under it, to stand behind IN. */
export function subtreeIds(workspaceId: string, path: string): RawBuilder<string> {
  return sql<string>`(
    select f.id from ck_campaign_folders f where f.workspace_id = ${workspaceId} and f.path >= ${path} and f.path < ${path + LAST}
  )`;
}

/** Folders by name: all, or those under a path (its own folder included). */
export async function selectFolders(
  db: Db,
  workspaceId: string,
  path: string | null,
): Promise<readonly StoredFolder[]> {
  let query = db.selectFrom("ck_campaign_folders").selectAll().where("workspace_id", "=", workspaceId);
  if (path !== null) query = query.where("path", ">=", path).where("path", "<", path + LAST);
  const rows = await query.orderBy("name_key").orderBy("id").execute();
  return rows.map(toFolder);
}

/** The folder of that name in that parent. */
export async function findByName(
  db: Db,
  workspaceId: string,
  place: { readonly parentId: string | null; readonly name: string },
): Promise<string | null> {
  const row = await db
    .selectFrom("ck_campaign_folders")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("parent_id", place.parentId === null ? "is" : "=", place.parentId)
    .where("name_key", "=", searchForm(place.name))
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Adds a folder. */
export async function insertFolder(
  unit: Unit,
  folder: {
    readonly id: string;
    readonly name: string;
    readonly parentId: string | null;
    readonly path: string;
  },
): Promise<void> {
  await unit.db
    .insertInto("ck_campaign_folders")
    .values({
      id: folder.id,
      workspace_id: unit.workspaceId,
      parent_id: folder.parentId,
      name: folder.name,
      name_key: searchForm(folder.name),
      path: folder.path,
      created_at: unit.now,
      updated_at: unit.now,
    })
    .execute();
}

/** Renames a folder. */
export async function renameFolder(unit: Unit, id: string, name: string): Promise<void> {
  await unit.db
    .updateTable("ck_campaign_folders")
    .set({ name, name_key: searchForm(name), updated_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}

/** Hangs a folder under another one. Refuses, by returning false, a parent that is the folder itself or under it. */
export async function reparentFolder(
  unit: Unit,
  folder: StoredFolder,
  parentId: string | null,
): Promise<boolean> {
  const result = await unit.db
    .updateTable("ck_campaign_folders")
    .set({ parent_id: parentId, updated_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", folder.id)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("ck_campaign_folders as under")
            .select("under.id")
            .where("under.workspace_id", "=", unit.workspaceId)
            .where("under.id", "=", parentId)
            .where("under.path", ">=", folder.path)
            .where("under.path", "<", folder.path + LAST),
        ),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Rewrites the beginning of every path of a subtree. */
export async function rewritePaths(unit: Unit, from: string, to: string): Promise<void> {
  await sql`
    update ck_campaign_folders set path = ${to} || substr(path, cast(${from.length + 1} as integer))
    where workspace_id = ${unit.workspaceId} and path >= ${from} and path < ${from + LAST}
  `.execute(unit.db);
}

/** The folders directly in a folder. */
export async function selectChildren(unit: Unit, id: string): Promise<readonly StoredFolder[]> {
  const rows = await unit.db
    .selectFrom("ck_campaign_folders")
    .selectAll()
    .where("workspace_id", "=", unit.workspaceId)
    .where("parent_id", "=", id)
    .orderBy("id")
    .execute();
  return rows.map(toFolder);
}

/** Whether a campaign, on whatever shelf, is directly in the folder. */
export async function holdsCampaigns(unit: Unit, id: string): Promise<boolean> {
  const row = await unit.db
    .selectFrom("ck_campaigns")
    .select("id")
    .where("workspace_id", "=", unit.workspaceId)
    .where("folder_id", "=", id)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Moves the campaigns of a folder to another one, or to none; how many. Their plan has changed, so their versions count on. */
export async function refileCampaigns(unit: Unit, from: string, to: string | null): Promise<number> {
  const result = await unit.db
    .updateTable("ck_campaigns")
    .set(({ eb }) => ({ folder_id: to, version: eb("version", "+", 1) }))
    .where("workspace_id", "=", unit.workspaceId)
    .where("folder_id", "=", from)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** Removes an empty folder. */
export async function removeFolder(unit: Unit, id: string): Promise<void> {
  await unit.db
    .deleteFrom("ck_campaign_folders")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", id)
    .execute();
}
