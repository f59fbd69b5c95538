/** The jobs that refresh segments: their names only, so that what orders them need not know what they do. */
import { defineJob } from "../../kernel/jobs/job.ts";

/** Looks again at the workspace's contacts that changed. */
export const refreshJob = defineJob<Record<never, never>>("audience.refresh");

/** The same a little later: for a change that was queued while the job before was just ending. */
export const lateRefreshJob = defineJob<Record<never, never>>("audience.refresh-late");

/** Evaluates one segment as a whole. */
export const segmentJob = defineJob<{ segmentId: string }>("audience.refresh-segment");

/** Evaluates the workspace's segments whose members change with the time; rests in between. */
export const clockJob = defineJob<Record<never, never>>("audience.refresh-clock");

/** When a late look comes: whatever was under way is over by then. */
export const LATE_MS = 60_000;

/** How often segments that look at the time are evaluated. */
export const CLOCK_MS = 3_600_000;

/** How long it is known who joined and left. */
export const MOVES_KEPT_MS = 90 * 86_400_000;
