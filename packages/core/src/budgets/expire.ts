/** Giving back what was set aside by somebody who never came back. */
import { handleJob, type JobHandler } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { RECONCILE_JOB } from "./expiry-job.ts";
import { settle } from "./settle.ts";
import { selectExpired } from "./store/reservations.ts";

/** How many reservations one step gives back. */
const STEP = 25;

/**
 * Gives back what is open of the workspace's expired reservations, the oldest first.
 *
 * Never twice: a reservation that is settled meanwhile has less open, and what comes to be settled after all is booked as spent.
 *
 * @returns how many were given back; fewer than `limit` when none are left.
 */
export async function releaseExpired(
  unit: Unit,
  { limit = STEP }: { readonly limit?: number } = {},
): Promise<number> {
  const expired = await selectExpired(unit.db, unit.workspaceId, unit.now, limit);
  // In the order of the campaigns, as everybody locks them.
  for (const { id } of expired.toSorted((a, b) => (a.campaignId < b.campaignId ? -1 : 1))) {
    await settle(unit, {
      reservationId: id,
      key: `expired:${id}`,
      ask: { rest: "release" },
      note: "The reservation expired unsettled.",
      source: null,
      checked: false,
    });
  }
  return expired.length;
}

/** The jobs of budgets. */
export const budgetJobs: readonly JobHandler[] = [
  handleJob(RECONCILE_JOB, async (job) => {
    const now = job.kernel.runtime.clock.now();
    const { workspaceId } = job.scope;
    const waiting = await selectExpired(job.kernel.db, workspaceId, now, STEP + 1);
    const end =
      waiting.length > STEP ? ({ next: "rest", until: now } as const) : ({ next: "finish" } as const);
    await job.step(end, (unit) => releaseExpired(unit));
  }),
];
