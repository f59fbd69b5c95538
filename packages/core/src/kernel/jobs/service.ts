/** Jobs as a user sees them: the dead ones, and how to bring them back. */
import { CampaignKitError } from "../../ports/errors.ts";
import type { Page, PageRequest } from "../page.ts";
import { idKey, pageOf, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { notFound, requireId } from "../validate.ts";
import { type DeadJob, reviveJob, selectDeadJobs } from "./dead-store.ts";

function isTaken(error: unknown): boolean {
  return CampaignKitError.is(error, "STORAGE_FAILED") && error.details.kind === "unique";
}

/** `shop.jobs`: background work of the workspace that was given up. */
export class JobsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Jobs that failed at every attempt, oldest first, with their last error.
   *
   * @throws {FORBIDDEN} {VALIDATION_FAILED}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function givenUp(shop: Workspace) {
   *   const { items } = await shop.jobs.listDead({ limit: 100 });
   *   return items.map(({ kind, attempts, error }) => `${kind}: ${error} (${attempts} attempts)`);
   * }
   * ```
   */
  listDead(request: PageRequest = {}): Promise<Page<DeadJob>> {
    return this.#scope.read("delivery:read", async (db) => {
      const { limit, after } = pageOf(request, idKey);
      const rows = await selectDeadJobs(db, this.#scope.workspaceId, after, limit + 1);
      return toPage(
        rows,
        limit,
        ({ id }) => id,
        (job) => job,
      );
    });
  }

  /**
   * Makes a dead job run again, with all its attempts.
   *
   * @throws {NOT_FOUND} when it is no dead job of this workspace. {CONFLICT} when another job does the same work by now. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function replayAll(shop: Workspace) {
   *   const { items } = await shop.jobs.listDead();
   *   for (const { id } of items) await shop.jobs.replay(id);
   * }
   * ```
   */
  replay(jobId: string): Promise<void> {
    return this.#scope.write("delivery:operate", async (unit) => {
      const kind = await reviveJob(unit.db, unit.workspaceId, requireId("dead job", jobId), unit.now).catch(
        (error: unknown) => {
          if (!isTaken(error)) throw error;
          const reason = "an open job with the same key does the same work";
          const details = { entity: "job", id: jobId, reason };
          throw new CampaignKitError("CONFLICT", `The job "${jobId}" can't be replayed: ${reason}.`, details);
        },
      );
      if (kind === null) throw notFound("dead job", jobId);
      unit.record("job.replayed", { subject: { type: "job", id: jobId }, data: { jobId, kind } });
      unit.wakeAfterCommit("jobs");
    });
  }
}
