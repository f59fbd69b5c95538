/** `shop.contacts.imports`: imports that were run, and what they refused. */
import { idKey, type Page, type PageRequest, pageOf, positionKey, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { notFound } from "../../kernel/validate.ts";
import type { Db } from "../../storage/db.ts";
import type { Import, ImportRefusal } from "./import.ts";
import { deleteRefusals, refusalPage } from "./refusals.ts";
import { findImport, type ImportRecord, importPage, toImport } from "./store.ts";

/** `shop.contacts.imports`: imports that were run, and what they refused. */
export class ImportsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * One import, as far as it is.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function progressOf(shop: Workspace, importId: string) {
   *   const { state, rows, refused } = await shop.contacts.imports.get(importId);
   *   return `${state}: ${rows} rows, ${refused} refused`;
   * }
   * ```
   */
  get(importId: string): Promise<Import> {
    return this.#scope.read("audience:read", async (db) => toImport(await this.#record(db, importId)));
  }

  /**
   * Imports, the newest first.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function latest(shop: Workspace) {
   *   const { items } = await shop.contacts.imports.list({ limit: 10 });
   *   return items.map(({ importId, state }) => ({ importId, state }));
   * }
   * ```
   */
  list(request: PageRequest = {}): Promise<Page<Import>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, idKey);
      const rows = await importPage(db, this.#scope.workspaceId, { before: after, limit: limit + 1 });
      return toPage(rows, limit, ({ id }) => id, toImport);
    });
  }

  /**
   * What an import did not take, and why, in the order of its source.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function whatIsWrong(shop: Workspace, importId: string) {
   *   const { items } = await shop.contacts.imports.refusals(importId);
   *   return items.map(({ line, column, reason }) => `${line} ${column}: ${reason}`);
   * }
   * ```
   */
  refusals(importId: string, request: PageRequest = {}): Promise<Page<ImportRefusal>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, positionKey);
      const { id } = await this.#record(db, importId);
      const rows = await refusalPage(db, this.#scope.workspaceId, id, { after, limit: limit + 1 });
      return toPage(
        rows,
        limit,
        ({ position }) => position,
        ({ position: _position, ...refusal }) => refusal,
      );
    });
  }

  /**
   * Forgets what an import refused: the values in it can be personal data that nobody can be asked about, because nobody was made of them.
   *
   * @returns how many refusals there were. @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function forget(shop: Workspace, importId: string) {
   *   await shop.contacts.imports.forgetRefusals(importId);
   * }
   * ```
   */
  forgetRefusals(importId: string): Promise<number> {
    return this.#scope.write("audience:write", async (unit) => {
      const { id } = await this.#record(unit.db, importId);
      return deleteRefusals(unit, id);
    });
  }

  async #record(db: Db, importId: string): Promise<ImportRecord> {
    const record = await findImport(db, this.#scope.workspaceId, importId);
    if (record === null) throw notFound("import", importId);
    return record;
  }
}
