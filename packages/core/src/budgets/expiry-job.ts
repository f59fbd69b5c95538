/** When expired reservations are looked for. */
import { defineJob } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";

/** Gives back what was set aside and expired unsettled. */
export const RECONCILE_JOB = defineJob<Record<never, never>>("budget.reconcile");

/** Reservations that expire within one such span share a job. */
const SPAN_MS = 60_000;

/** Sees to it that somebody looks once the reservation has expired, at most a span later. */
export function orderReconciling(unit: Unit, expiresAt: number): void {
  const runAt = Math.ceil((expiresAt + 1) / SPAN_MS) * SPAN_MS;
  unit.enqueue(RECONCILE_JOB, { payload: {}, runAt, key: `${unit.workspaceId}:${runAt}` });
}
