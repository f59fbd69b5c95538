/** Pausing when the money is spent, and going on when there is more. */
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies, lockPolicies } from "../policies/index.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { dropJob, orderJob, RESUME_JOB } from "./job-kinds.ts";
import { hasRoom, move } from "./moves.ts";
import type { NextLook } from "./start.ts";
import { lockCampaign } from "./store.ts";

/** The reason that marks a pause as one of the budget's. */
const EXHAUSTED = "budget-exhausted";

/** How often it is tried to resume while as many campaigns are active as the policy allows. */
const TRY_AGAIN_MS = 60_000;

/** Pauses an active campaign whose total budget is spent, if the workspace's policy says so. */
export async function pauseForBudget(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<void> {
  const { pauseWhenBudgetExhausted } = await loadPolicies(unit.db, unit.workspaceId);
  if (!pauseWhenBudgetExhausted) return;
  await dropJob(unit, RESUME_JOB, campaignId);
  const campaign = await lockCampaign(unit, campaignId);
  if (campaign.state === "active") await move(unit, dependencies, campaign, "pause", EXHAUSTED);
}

/** Resumes what was paused for its budget, unless as many campaigns are active as the policy allows: then it is tried again. */
export async function attemptResume(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<NextLook> {
  const policies = await lockPolicies(unit);
  const campaign = await lockCampaign(unit, campaignId);
  const { version } = campaign;
  if (campaign.state !== "paused" || campaign.stateReason !== EXHAUSTED) return { until: null, version };
  if (!(await hasRoom(unit, policies))) return { until: unit.now + TRY_AGAIN_MS, version };
  await move(unit, dependencies, campaign, "resume", "budget-replenished");
  return { until: null, version: version + 1 };
}

/** Resumes a campaign whose total budget has room again, now or as soon as one more may be active. */
export async function resumeForBudget(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<void> {
  const { until } = await attemptResume(unit, dependencies, campaignId);
  if (until !== null) await orderJob(unit, RESUME_JOB, campaignId, until);
}
