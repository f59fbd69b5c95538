/** The door to the database for every public method: one workspace, one actor, one permission asked at each call. */
import type { Db } from "../storage/db.ts";
import { assertAllowed, type Permission, SYSTEM_ACTOR } from "./access.ts";
import type { HostTransaction } from "./host-transaction.ts";
import type { Kernel } from "./kernel.ts";
import { runUnit, type Unit } from "./unit.ts";

/** A workspace as one actor sees it. Services are made over it and hold nothing else. */
export class Scope {
  readonly kernel: Kernel;
  readonly workspaceId: string;
  /** `null`: the engine or the host itself, which may do everything. */
  readonly actor: string | null;
  readonly #joined: HostTransaction | undefined;

  constructor(parts: {
    kernel: Kernel;
    workspaceId: string;
    actor?: string | null;
    joined?: HostTransaction;
  }) {
    this.kernel = parts.kernel;
    this.workspaceId = parts.workspaceId;
    this.actor = parts.actor ?? null;
    this.#joined = parts.joined;
  }

  /**
   * Runs a change as one transaction.
   *
   * @throws {FORBIDDEN} when the actor's role lacks the permission.
   */
  write<Result>(permission: Permission, work: (unit: Unit) => Promise<Result>): Promise<Result> {
    const { kernel, workspaceId } = this;
    const frame = {
      kernel,
      workspaceId,
      actor: this.actor ?? SYSTEM_ACTOR,
      ...(this.#joined ? { joined: this.#joined } : {}),
    };
    return runUnit(frame, async (unit) => {
      await this.#authorize(unit.db, permission);
      return work(unit);
    });
  }

  /**
   * Looks, without changing anything.
   *
   * @throws {FORBIDDEN} when the actor's role lacks the permission.
   */
  async read<Result>(permission: Permission, work: (db: Db) => Promise<Result>): Promise<Result> {
    const { kernel } = this;
    const joined = this.#joined;
    await kernel.ready(joined?.executor);
    const look = async (db: Db): Promise<Result> => {
      await this.#authorize(db, permission);
      return work(db);
    };
    if (joined === undefined) return look(kernel.db);
    // On PostgreSQL a statement that fails would doom the host's transaction.
    return joined.run(() => look(kernel.databases.over(joined.executor, { foreign: true })));
  }

  /** The same workspace and actor, inside a transaction that the host has opened. */
  within(joined: HostTransaction): Scope {
    const { kernel, workspaceId, actor } = this;
    return new Scope({ kernel, workspaceId, actor, joined });
  }

  /** A workspace without members leaves access to the host and only records the actor; from the first member on every call is checked. */
  async #authorize(db: Db, permission: Permission): Promise<void> {
    if (this.actor === null) return;
    const members = await db
      .selectFrom("ck_members")
      .select(["actor", "role"])
      .where("workspace_id", "=", this.workspaceId)
      .orderBy((order) =>
        order
          .case()
          .when("actor", "=", this.actor ?? "")
          .then(0)
          .else(1)
          .end(),
      )
      .limit(1)
      .execute();
    const first = members[0];
    if (first === undefined) return;
    assertAllowed(this.kernel.roles, this.actor, first.actor === this.actor ? first.role : null, permission);
  }
}
