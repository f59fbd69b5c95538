/** Members of a workspace and their roles. */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Scope } from "../kernel/scope.ts";
import { isStorable } from "../kernel/text.ts";
import type { Unit } from "../kernel/unit.ts";
import { notFound, validationError } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { toDate } from "../storage/columns.ts";
import { familyOf } from "../storage/db.ts";

/** Somebody who may act in the workspace. */
export interface Member {
  /** The host's user id. */
  readonly actor: string;
  readonly role: string;
  readonly since: Date;
}

/**
 * `shop.team`: who may do what. A workspace without members leaves access to the host; from the first member on, every call that names
 * an actor is checked.
 */
export class TeamService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * All members.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function ownersOf(shop: Workspace) {
   *   const members = await shop.team.list();
   *   return members.filter(({ role }) => role === "owner").map(({ actor }) => actor);
   * }
   * ```
   */
  list(): Promise<readonly Member[]> {
    return this.#scope.read("team:read", async (db) => {
      const rows = await db
        .selectFrom("ck_members")
        .selectAll()
        .where("workspace_id", "=", this.#scope.workspaceId)
        .orderBy("actor")
        .execute();
      return rows.map((row) => ({ actor: row.actor, role: row.role, since: toDate(row.created_at) }));
    });
  }

  /**
   * Adds a member or changes the role. The first member of a workspace must be an owner, and one owner always remains.
   *
   * @throws {VALIDATION_FAILED} for an unknown role. {CONFLICT} when no owner would remain. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function hire(shop: Workspace) {
   *   await shop.team.setMember("user-7", "owner");
   *   await shop.team.setMember("user-8", "editor");
   * }
   * ```
   */
  setMember(actor: string, role: string): Promise<Member> {
    return this.#scope.write("team:write", async (unit) => {
      if (!Object.hasOwn(unit.kernel.roles, role)) {
        const known = Object.keys(unit.kernel.roles).join(", ");
        throw validationError("member", [
          { path: ["role"], message: `"${role}" is no role; the roles are ${known}.` },
        ]);
      }
      if (actor === SYSTEM_ACTOR || actor === "" || actor.length > 200 || !isStorable(actor)) {
        throw validationError("member", [
          {
            path: ["actor"],
            message: `"${actor}" can't be a member; give the host's user id, 1 to 200 characters.`,
          },
        ]);
      }
      await this.#lockOwners(unit);
      const before = await this.#member(unit, actor);
      const row = { workspace_id: unit.workspaceId, actor, role, created_at: unit.now };
      await unit.db
        .insertInto("ck_members")
        .values(row)
        .onConflict((conflict) => conflict.columns(["workspace_id", "actor"]).doUpdateSet({ role }))
        .execute();
      await this.#assertOwnerRemains(unit, actor);
      unit.record("member.set", {
        subject: { type: "member", id: actor },
        data: { member: actor, role },
        ...(before === undefined ? {} : { before: { role: before.role } }),
        after: { role },
      });
      return { actor, role, since: before === undefined ? new Date(unit.now) : toDate(before.created_at) };
    });
  }

  /**
   * Removes a member.
   *
   * @throws {NOT_FOUND} {CONFLICT} when no owner would remain. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function dismiss(shop: Workspace, userId: string) {
   *   await shop.team.removeMember(userId);
   * }
   * ```
   */
  removeMember(actor: string): Promise<void> {
    return this.#scope.write("team:write", async (unit) => {
      if (!isStorable(actor)) throw notFound("member", actor);
      await this.#lockOwners(unit);
      const before = await this.#member(unit, actor);
      if (before === undefined) throw notFound("member", actor);
      await unit.db
        .deleteFrom("ck_members")
        .where("workspace_id", "=", unit.workspaceId)
        .where("actor", "=", actor)
        .execute();
      await this.#assertOwnerRemains(unit, actor);
      unit.record("member.removed", {
        subject: { type: "member", id: actor },
        data: { member: actor },
        before: { role: before.role },
      });
    });
  }

  #member(unit: Unit, actor: string) {
    return unit.db
      .selectFrom("ck_members")
      .selectAll()
      .where("workspace_id", "=", unit.workspaceId)
      .where("actor", "=", actor)
      .executeTakeFirst();
  }

  /** Two owners who take each other's role away at the same moment take turns, so that the second finds himself the last. */
  async #lockOwners(unit: Unit): Promise<void> {
    await unit.db
      .selectFrom("ck_members")
      .select("actor")
      .where("workspace_id", "=", unit.workspaceId)
      .where("role", "=", "owner")
      .orderBy("actor")
      .$if(familyOf(unit.db) === "postgres", (query) => query.forUpdate())
      .execute();
  }

  async #assertOwnerRemains(unit: Unit, actor: string): Promise<void> {
    const owner = await unit.db
      .selectFrom("ck_members")
      .select("actor")
      .where("workspace_id", "=", unit.workspaceId)
      .where("role", "=", "owner")
      .limit(1)
      .executeTakeFirst();
    if (owner !== undefined) return;
    throw new CampaignKitError(
      "CONFLICT",
      `After this change no owner would remain in the workspace. Make another member owner first.`,
      { entity: "member", id: actor, reason: "no owner would remain" },
    );
  }
}
