/** What campaigns order for later. Each job's key is the campaign's id. */
import { defineJob } from "../kernel/jobs/job.ts";

/** Which campaign a job is for. */
export interface CampaignJob {
  readonly campaignId: string;
}

/** Launches at the start. */
export const LAUNCH_JOB = defineJob<CampaignJob>("campaign.launch");

/** Completes at the end. */
export const COMPLETE_JOB = defineJob<CampaignJob>("campaign.complete");
