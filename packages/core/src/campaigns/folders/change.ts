/** Changes of the tree of folders, one at a time in a workspace. */
import { textOf } from "../../kernel/text.ts";
import type { Unit } from "../../kernel/unit.ts";
import { parse, validationError } from "../../kernel/validate.ts";
import { lockPolicies } from "../../policies/index.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { isWithin, MAX_FOLDER_DEPTH, pathOf, type StoredFolder } from "./folder.ts";
import {
  findByName,
  holdsCampaigns,
  insertFolder,
  loadFolder,
  lockFolder,
  refileCampaigns,
  removeFolder,
  renameFolder,
  reparentFolder,
  rewritePaths,
  selectChildren,
  selectFolders,
} from "./store.ts";

const nameSchema = textOf({ max: 200, min: 1 });

function parseName(name: unknown): string {
  return parse(nameSchema, name, "folder name");
}

async function requireFreeName(
  unit: Unit,
  place: { readonly id: string | null; readonly parentId: string | null; readonly name: string },
): Promise<void> {
  const taken = await findByName(unit.db, unit.workspaceId, place);
  if (taken === null || taken === place.id) return;
  throw new CampaignKitError(
    "ALREADY_EXISTS",
    `There is a folder "${place.name}" in the same place already; folders of one parent differ in name.`,
    { entity: "folder", field: "name", value: place.name },
  );
}

function requireDepth(depth: number): void {
  if (depth <= MAX_FOLDER_DEPTH) return;
  const message = `Folders nest at most ${MAX_FOLDER_DEPTH} deep; here it would be ${depth}.`;
  throw validationError("folder", [{ path: ["parentId"], message }]);
}

async function parentOf(unit: Unit, parentId: string | null): Promise<StoredFolder | null> {
  return parentId === null ? null : loadFolder(unit.db, unit.workspaceId, parentId);
}

/** Makes a folder; returns its id. @throws {VALIDATION_FAILED} {ALREADY_EXISTS} {NOT_FOUND} for the parent. */
export async function createFolder(
  unit: Unit,
  input: { readonly name: string; readonly parentId?: string | null },
): Promise<string> {
  const name = parseName(input.name);
  await lockPolicies(unit);
  const parent = await parentOf(unit, input.parentId ?? null);
  requireDepth((parent?.depth ?? 0) + 1);
  const id = unit.newId();
  const parentId = parent?.id ?? null;
  await requireFreeName(unit, { id: null, parentId, name });
  await insertFolder(unit, { id, name, parentId, path: pathOf(parent, id) });
  unit.record("folder.created", {
    subject: { type: "folder", id },
    data: { folderId: id },
    after: { name, parentId },
  });
  return id;
}

/** Renames. @throws {VALIDATION_FAILED} {ALREADY_EXISTS} {NOT_FOUND} */
export async function changeFolderName(unit: Unit, id: string, to: string): Promise<void> {
  const name = parseName(to);
  await lockPolicies(unit);
  const folder = await loadFolder(unit.db, unit.workspaceId, id);
  if (folder.name === name) return;
  await requireFreeName(unit, { id, parentId: folder.parentId, name });
  await renameFolder(unit, id, name);
  unit.record("folder.renamed", {
    subject: { type: "folder", id },
    data: { folderId: id },
    before: { name: folder.name },
    after: { name },
  });
}

/** Hangs a folder, with everything under it, somewhere else. @throws {CONFLICT} for a place under itself. {ALREADY_EXISTS} {VALIDATION_FAILED} {NOT_FOUND} */
export async function moveFolder(unit: Unit, id: string, parentId: string | null): Promise<void> {
  await lockPolicies(unit);
  const folder = await loadFolder(unit.db, unit.workspaceId, id);
  const parent = await parentOf(unit, parentId);
  if (folder.parentId === parentId) return;
  if (parent !== null && isWithin(parent, folder)) throw cycle(folder, parent);
  const subtree = await selectFolders(unit.db, unit.workspaceId, folder.path);
  const height = Math.max(...subtree.map(({ depth }) => depth)) - folder.depth + 1;
  requireDepth((parent?.depth ?? 0) + height);
  await requireFreeName(unit, { id, parentId, name: folder.name });
  if (!(await reparentFolder(unit, folder, parentId))) throw cycle(folder, parent);
  await rewritePaths(unit, folder.path, pathOf(parent, id));
  unit.record("folder.moved", {
    subject: { type: "folder", id },
    data: { folderId: id },
    before: { parentId: folder.parentId },
    after: { parentId },
  });
}

function cycle(folder: StoredFolder, parent: StoredFolder | null): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError(
    "CONFLICT",
    `The folder "${folder.name}" can't be moved into "${parent?.name ?? ""}", which is the folder itself or under it.`,
    { entity: "folder", id: folder.id, reason: "cycle" },
  );
}

/** What becomes of a folder's content when the folder goes. */
export type FolderContent = "refuse" | "move-up";

/** Removes a folder. @throws {CONFLICT} when it is not empty and `refuse`. {ALREADY_EXISTS} when a folder that moves up meets its name there. {NOT_FOUND} */
export async function deleteFolder(unit: Unit, id: string, content: FolderContent): Promise<void> {
  await lockPolicies(unit);
  const folder = await loadFolder(unit.db, unit.workspaceId, id);
  await lockFolder(unit, id);
  const children = await selectChildren(unit, id);
  if (content === "refuse" && (children.length > 0 || (await holdsCampaigns(unit, id)))) {
    throw new CampaignKitError(
      "CONFLICT",
      `The folder "${folder.name}" is not empty. Empty it first, or delete it with { content: "move-up" }.`,
      { entity: "folder", id, reason: "not empty" },
    );
  }
  const parent = await parentOf(unit, folder.parentId);
  // The folder goes, so its name is free for a child that moves to its place.
  await renameFolder(unit, id, id);
  for (const child of children) {
    await requireFreeName(unit, { id: child.id, parentId: folder.parentId, name: child.name });
    await reparentFolder(unit, child, folder.parentId);
    await rewritePaths(unit, child.path, pathOf(parent, child.id));
  }
  const campaigns = await refileCampaigns(unit, id, folder.parentId);
  await removeFolder(unit, id);
  unit.record("folder.deleted", {
    subject: { type: "folder", id },
    data: { folderId: id, folders: children.length, campaigns },
    before: { name: folder.name, parentId: folder.parentId },
  });
}
