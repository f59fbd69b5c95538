/** Folders of campaigns: a tree, each folder in one other or at the top. */

/** A folder. */
export interface CampaignFolder {
  readonly id: string;
  readonly name: string;
  /** `null`: at the top. */
  readonly parentId: string | null;
  /** 1 at the top. */
  readonly depth: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A folder and what is under it. */
export interface CampaignFolderNode extends CampaignFolder {
  /** By name. */
  readonly children: readonly CampaignFolderNode[];
}

/** How deep folders nest. */
export const MAX_FOLDER_DEPTH = 20;

/** A folder as stored: with its path, the ids from the top to itself, each followed by a slash. */
export interface StoredFolder extends CampaignFolder {
  readonly path: string;
}

/** The path of a new folder. */
export function pathOf(parent: StoredFolder | null, id: string): string {
  return `${parent?.path ?? ""}${id}/`;
}

/** How many folders a path names. */
export function depthOf(path: string): number {
  return path.split("/").length - 1;
}

/** Whether the folder is the other one or somewhere under it. */
export function isWithin(folder: StoredFolder, other: StoredFolder): boolean {
  return folder.path.startsWith(other.path);
}

/** The forest of these folders; one whose parent is not among them stands at the top. */
export function toTree(folders: readonly StoredFolder[]): readonly CampaignFolderNode[] {
  const known = new Set(folders.map(({ id }) => id));
  const byParent = Map.groupBy(folders, ({ parentId }) =>
    parentId !== null && known.has(parentId) ? parentId : null,
  );
  const childrenOf = (parentId: string | null): readonly CampaignFolderNode[] =>
    (byParent.get(parentId) ?? []).map(({ path: _, ...folder }) => ({
      ...folder,
      children: childrenOf(folder.id),
    }));
  return childrenOf(null);
}
