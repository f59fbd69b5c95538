/** What campaigns order for later. Each job's key is the campaign's id. */
import { defineJob, type JobKind } from "../kernel/jobs/job.ts";
import { rescheduleJob } from "../kernel/jobs/store.ts";
import type { Unit } from "../kernel/unit.ts";

/** Which campaign a job is for. */
export interface CampaignJob {
  readonly campaignId: string;
}

/** Launches at the start. */
export const LAUNCH_JOB = defineJob<CampaignJob>("campaign.launch");

/** Completes at the end. */
export const COMPLETE_JOB = defineJob<CampaignJob>("campaign.complete");

/** Pauses when the total budget is spent, resumes when it has room again. */
export const BUDGET_JOB = defineJob<CampaignJob>("campaign.follow-budget");

/** Orders the campaign's job of that kind for that time, or moves the one that is ordered already. */
export async function orderJob(
  unit: Unit,
  kind: JobKind<CampaignJob>,
  campaignId: string,
  runAt: number,
): Promise<void> {
  const job = { workspaceId: unit.workspaceId, kind: kind.name, key: campaignId };
  await rescheduleJob(unit.db, job, runAt);
  unit.enqueue(kind, { payload: { campaignId }, runAt, key: campaignId });
}

/** Drops the campaign's job of that kind; one that is running sees by itself that there is nothing to do. */
export function dropJob(unit: Unit, kind: JobKind<CampaignJob>, campaignId: string): Promise<void> {
  return rescheduleJob(unit.db, { workspaceId: unit.workspaceId, kind: kind.name, key: campaignId }, null);
}
