/** The job that looks again at changed contacts: its name only, so that what orders it need not know what it does. */
import { defineJob } from "../../kernel/jobs/job.ts";

/** Brings the workspace's dynamic segments up to date with the contacts that changed. */
export const refreshJob = defineJob<Record<never, never>>("audience.refresh");
