/** Folders of campaigns. */
import type { Unit } from "../../kernel/unit.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import { holdFolder } from "./store.ts";

export type { FolderContent } from "./change.ts";
export type { CampaignFolder, CampaignFolderNode } from "./folder.ts";
export { CampaignFolderService } from "./service.ts";
export { loadFolder, subtreeIds } from "./store.ts";

/** What is wrong with filing a campaign there. A folder that is there stays there until the unit ends. */
export async function checkFolder(unit: Unit, id: string | null): Promise<readonly ValidationIssue[]> {
  if (id === null || (await holdFolder(unit, id))) return [];
  return [{ path: ["folderId"], message: `There is no folder "${id}" in this workspace.` }];
}
