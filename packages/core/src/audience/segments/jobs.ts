/** What the segment jobs do. */
import { handleJob, type JobHandler, type JobRun } from "../../kernel/jobs/job.ts";
import type { Unit } from "../../kernel/unit.ts";
import { pruneMoves } from "./evaluate.ts";
import { refreshChanged, refreshSegments } from "./refresh.ts";
import {
  CLOCK_MS,
  clockJob,
  LATE_MS,
  lateRefreshJob,
  MOVES_KEPT_MS,
  refreshJob,
  segmentJob,
} from "./refresh-job.ts";
import { clockSegmentIds, findSegment, lockSegments } from "./store.ts";

/** Empties the queue of changed contacts, and looks once more a little later if there was anything in it. */
async function drain(job: JobRun<Record<never, never>>): Promise<void> {
  let total = 0;
  for (let looked = -1; looked !== 0; total += looked) {
    if (job.signal.aborted) return;
    looked = await job.step({ next: "continue" }, refreshChanged);
  }
  await job.step({ next: "finish" }, async (unit) => {
    const looked = await refreshChanged(unit);
    if (job.kind === lateRefreshJob.name) await forgetOldMoves(unit);
    if (total + looked > 0)
      unit.enqueue(lateRefreshJob, { payload: {}, runAt: unit.now + LATE_MS, key: unit.workspaceId });
  });
}

async function forgetOldMoves(unit: Unit): Promise<void> {
  const dynamic = await lockSegments(unit, "all-dynamic");
  await pruneMoves(
    unit,
    dynamic.map(({ id }) => id),
    unit.now - MOVES_KEPT_MS,
  );
}

const segmentHandler = handleJob(segmentJob, (job) =>
  job.step({ next: "finish" }, async (unit) => {
    const segment = await findSegment(unit.db, unit.workspaceId, job.payload.segmentId);
    if (segment !== null) await refreshSegments(unit, [segment.id]);
  }),
);

const clockHandler = handleJob(clockJob, async (job) => {
  const { workspaceId } = job.scope;
  const ids = await job.scope.read("audience:read", (db) => clockSegmentIds(db, workspaceId));
  for (const id of ids) {
    if (job.signal.aborted) return;
    await job.step({ next: "continue" }, async (unit) => {
      const segment = await findSegment(unit.db, workspaceId, id);
      if (segment !== null) await refreshSegments(unit, [id]);
    });
  }
  const until = job.kernel.runtime.clock.now() + CLOCK_MS;
  await job.step(ids.length > 0 ? { next: "rest", until } : { next: "finish" }, async () => undefined);
});

/** The job handlers of the audience's segments. */
export const segmentJobs: readonly JobHandler[] = [
  handleJob(refreshJob, drain),
  handleJob(lateRefreshJob, drain),
  segmentHandler,
  clockHandler,
];
