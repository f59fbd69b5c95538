/** Folders, as a user arranges them. */
import type { Scope } from "../../kernel/scope.ts";
import { changeFolderName, createFolder, deleteFolder, type FolderContent, moveFolder } from "./change.ts";
import { type CampaignFolder, type CampaignFolderNode, type StoredFolder, toTree } from "./folder.ts";
import { loadFolder, selectFolders } from "./store.ts";

function shown({ path: _, ...folder }: StoredFolder): CampaignFolder {
  return folder;
}

/** `shop.campaigns.folders`: where campaigns are filed. */
export class CampaignFolderService {
  readonly #scope: Scope;

  /** @internal */
  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Makes a folder, at the top or in another one. Folders of one parent differ in name, letter case and accents aside.
   *
   * @throws {ALREADY_EXISTS} for a name that is taken there. {VALIDATION_FAILED} {NOT_FOUND} for the parent. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { folders } = kit.workspace("shop-42").campaigns;
   * const year = await folders.create({ name: "2027" });
   * const spring = await folders.create({ name: "Spring", parentId: year.id });
   * console.log(spring.depth); // 2
   * await kit.stop();
   * ```
   */
  create(input: { readonly name: string; readonly parentId?: string | null }): Promise<CampaignFolder> {
    return this.#scope.write("campaigns:write", async (unit) => {
      const id = await createFolder(unit, input);
      return shown(await loadFolder(unit.db, unit.workspaceId, id));
    });
  }

  /**
   * One folder.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function nameOf(shop: Workspace, folderId: string) {
   *   return (await shop.campaigns.folders.get(folderId)).name;
   * }
   * ```
   */
  get(id: string): Promise<CampaignFolder> {
    return this.#scope.read("campaigns:read", async (db) =>
      shown(await loadFolder(db, this.#scope.workspaceId, id)),
    );
  }

  /**
   * All folders as a forest, or one folder with what is under it; siblings by name.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { CampaignFolderNode, Workspace } from "@campaignkit/core";
   *
   * export async function outline(shop: Workspace) {
   *   const lines = (nodes: readonly CampaignFolderNode[]): string[] =>
   *     nodes.flatMap(({ name, depth, children }) => [" ".repeat(depth) + name, ...lines(children)]);
   *   return lines(await shop.campaigns.folders.tree());
   * }
   * ```
   */
  tree(rootId: string | null = null): Promise<readonly CampaignFolderNode[]> {
    return this.#scope.read("campaigns:read", async (db) => {
      const { workspaceId } = this.#scope;
      const path = rootId === null ? null : (await loadFolder(db, workspaceId, rootId)).path;
      return toTree(await selectFolders(db, workspaceId, path));
    });
  }

  /**
   * Renames a folder; what is in it stays in it.
   *
   * @throws {ALREADY_EXISTS} {VALIDATION_FAILED} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function rename(shop: Workspace, folderId: string) {
   *   await shop.campaigns.folders.rename(folderId, "Spring 2027");
   * }
   * ```
   */
  rename(id: string, name: string): Promise<CampaignFolder> {
    return this.#scope.write("campaigns:write", async (unit) => {
      await changeFolderName(unit, id, name);
      return shown(await loadFolder(unit.db, unit.workspaceId, id));
    });
  }

  /**
   * Moves a folder, with everything under it, into another one or (`null`) to the top.
   *
   * @throws {CONFLICT} for a place that is under the folder itself. {ALREADY_EXISTS} {VALIDATION_FAILED} when it would nest too deep.
   * {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function toTheTop(shop: Workspace, folderId: string) {
   *   await shop.campaigns.folders.move(folderId, null);
   * }
   * ```
   */
  move(id: string, parentId: string | null): Promise<CampaignFolder> {
    return this.#scope.write("campaigns:write", async (unit) => {
      await moveFolder(unit, id, parentId);
      return shown(await loadFolder(unit.db, unit.workspaceId, id));
    });
  }

  /**
   * Deletes a folder. One that is not empty is refused, unless its content is to `move-up` to where the folder was; no campaign is ever
   * deleted with its folder.
   *
   * @throws {CONFLICT} when it is not empty. {ALREADY_EXISTS} when a folder that moves up meets its own name there. {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function dissolve(shop: Workspace, folderId: string) {
   *   await shop.campaigns.folders.delete(folderId, { content: "move-up" });
   * }
   * ```
   */
  delete(id: string, options: { readonly content?: FolderContent } = {}): Promise<void> {
    return this.#scope.write("campaigns:write", (unit) =>
      deleteFolder(unit, id, options.content ?? "refuse"),
    );
  }
}
