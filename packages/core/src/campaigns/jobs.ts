/** The background work of campaigns. Each job does what is due, and then ends or rests, whatever a person changes meanwhile. */
import { handleJob, type JobHandler, type JobKind, type JobRun } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { followBudget } from "./budget-pause.ts";
import { attemptCompletion } from "./completion.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { BUDGET_JOB, type CampaignJob, COMPLETE_JOB, LAUNCH_JOB } from "./job-kinds.ts";
import { attemptStart, type NextLook } from "./start.ts";
import { lockCampaign } from "./store.ts";

type Attempt = (unit: Unit, dependencies: CampaignDependencies, campaignId: string) => Promise<NextLook>;

/** The campaign was changed between the attempt and the end of the job; look again. */
class Changed extends Error {
  override readonly name = "Changed";
}

/**
 * Attempts, then ends or rests only while the campaign is as the attempt left it: a change of the dates can't move a running job, so
 * the job itself makes sure that it has seen the last one.
 */
async function work(
  job: JobRun<CampaignJob>,
  attempt: Attempt,
  dependencies: CampaignDependencies,
): Promise<void> {
  const { campaignId } = job.payload;
  for (;;) {
    const look = await job.step({ next: "continue" }, (unit) => attempt(unit, dependencies, campaignId));
    const end =
      look.until === null ? ({ next: "finish" } as const) : ({ next: "rest", until: look.until } as const);
    try {
      await job.step(end, async (unit) => {
        const { version } = await lockCampaign(unit, campaignId);
        if (version !== look.version) throw new Changed("The campaign was changed meanwhile.");
      });
      return;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
}

/** The job handlers of campaigns. */
export function campaignJobs(dependencies: CampaignDependencies): readonly JobHandler[] {
  const handler = (kind: JobKind<CampaignJob>, attempt: Attempt): JobHandler =>
    handleJob(kind, (job) => work(job, attempt, dependencies));
  return [
    handler(LAUNCH_JOB, attemptStart),
    handler(COMPLETE_JOB, attemptCompletion),
    handler(BUDGET_JOB, followBudget),
  ];
}
