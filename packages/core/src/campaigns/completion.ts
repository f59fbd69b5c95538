/** The end of a campaign: nothing new goes out, what is under way comes to its end, and only then it is completed. */
import type { Unit } from "../kernel/unit.ts";
import type { Campaign } from "./campaign.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { COMPLETE_JOB, orderJob } from "./job-kinds.ts";
import { holdForChange, type MoveRequest, move, requireMove } from "./moves.ts";
import type { NextLook } from "./start.ts";
import { lockCampaign, updateCampaign } from "./store.ts";

/** How often a campaign that waits for deliveries is looked at again. */
const LOOK_AGAIN_MS = 5_000;

/**
 * Closes what has not begun to go out, and completes the campaign if nothing is left under way. The caller holds it, active or paused.
 *
 * If something is, it is marked as completing, and the completion job must look again at the returned time.
 */
async function tryComplete(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaign: Campaign,
  reason: string | null,
): Promise<NextLook> {
  await dependencies.closePending(unit, campaign.id, "campaign-ended");
  const openDeliveries = await dependencies.openDeliveries(unit.db, unit.workspaceId, campaign.id);
  if (openDeliveries === 0) {
    await move(unit, dependencies, campaign, "complete", reason);
    return { until: null, version: campaign.version + 1 };
  }
  const until = unit.now + LOOK_AGAIN_MS;
  if (campaign.completingSince !== null) return { until, version: campaign.version };
  await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, id: campaign.id, version: campaign.version },
    {
      completing_since: unit.now,
      state_reason: reason,
      version: campaign.version + 1,
      updated_at: unit.now,
    },
  );
  unit.record("campaign.completing", {
    subject: { type: "campaign", id: campaign.id },
    data: { campaignId: campaign.id, reason, openDeliveries },
  });
  return { until, version: campaign.version + 1 };
}

/** Ends a campaign by hand: at once, or as soon as what is under way has ended. @throws {NOT_FOUND} {CONFLICT} {ILLEGAL_TRANSITION} */
export async function completeCampaign(
  unit: Unit,
  dependencies: CampaignDependencies,
  request: MoveRequest,
): Promise<void> {
  const campaign = await holdForChange(unit, request.id);
  requireMove(campaign, "complete");
  const { until } = await tryComplete(unit, dependencies, campaign, request.reason ?? null);
  if (until === null) return;
  await orderJob(unit, COMPLETE_JOB, campaign.id, until);
}

/** Does what a planned end asks for now. */
export async function attemptCompletion(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<NextLook> {
  const campaign = await lockCampaign(unit, campaignId);
  const { version, endsAt, completingSince, stateReason } = campaign;
  if (campaign.state !== "active" && campaign.state !== "paused") return { until: null, version };
  if (completingSince !== null) return tryComplete(unit, dependencies, campaign, stateReason);
  if (endsAt === null) return { until: null, version };
  if (endsAt.getTime() > unit.now) return { until: endsAt.getTime(), version };
  return tryComplete(unit, dependencies, campaign, "end-reached");
}
