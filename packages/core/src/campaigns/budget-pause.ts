/**
 * Pausing when the money is spent, and going on when there is more.
 *
 * A budget tells of it under the lock of its counters, which comes last in the order of locks; so what follows for the campaign is a job of its
 * own, moments later. It looks how the budget stands by then: what was told in between needs no order.
 */
import type { Unit } from "../kernel/unit.ts";
import { lockPolicies } from "../policies/index.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { hasRoom, move } from "./moves.ts";
import type { NextLook } from "./start.ts";
import { lockCampaign } from "./store.ts";

/** The reason that marks a pause as one of the budget's. */
const EXHAUSTED = "budget-exhausted";

/** How often it is tried to resume while as many campaigns are active as the policy allows. */
const TRY_AGAIN_MS = 60_000;

/**
 * Pauses an active campaign whose total budget is spent, if the workspace's policy says so; resumes one that was paused for that and has money
 * again, unless as many campaigns are active as the policy allows: then it is tried again.
 */
export async function followBudget(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<NextLook> {
  const policies = await lockPolicies(unit);
  const campaign = await lockCampaign(unit, campaignId);
  const { state, stateReason, version } = campaign;
  const unchanged: NextLook = { until: null, version };
  if (await dependencies.isBudgetExhausted(unit.db, unit.workspaceId, campaignId)) {
    if (state !== "active" || !policies.pauseWhenBudgetExhausted) return unchanged;
    await move(unit, dependencies, campaign, "pause", EXHAUSTED);
  } else {
    if (state !== "paused" || stateReason !== EXHAUSTED) return unchanged;
    if (!(await hasRoom(unit, policies))) return { until: unit.now + TRY_AGAIN_MS, version };
    await move(unit, dependencies, campaign, "resume", "budget-replenished");
  }
  return { until: null, version: version + 1 };
}
