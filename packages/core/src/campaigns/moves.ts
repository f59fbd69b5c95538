/** Moves of the lifecycle, each one transaction: the state, its effects, its activity. Used by people's calls, jobs and reactions. */
import type { Updateable } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { notFound, validationError } from "../kernel/validate.ts";
import { lockPolicies, type Policies } from "../policies/index.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { CampaignsTable } from "../storage/tables/campaigns.ts";
import type { Campaign } from "./campaign.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { COMPLETE_JOB, dropJob, LAUNCH_JOB, orderJob } from "./job-kinds.ts";
import { type LifecycleEffect, type LifecycleEvent, legalMoves, transition } from "./lifecycle.ts";
import { checkReadiness, type LaunchPlace } from "./readiness.ts";
import { countActive, lockCampaign, updateCampaign } from "./store.ts";

/** What each move is called once it has happened, and what it writes beside the state. */
const MOVED = {
  schedule: { activity: "campaign.scheduled", stamp: (now) => ({ scheduled_at: now }) },
  launch: { activity: "campaign.launched", stamp: (now) => ({ launched_at: now, needs_decision: null }) },
  pause: { activity: "campaign.paused", stamp: (now) => ({ paused_at: now }) },
  resume: { activity: "campaign.resumed", stamp: () => ({ paused_at: null }) },
  complete: {
    activity: "campaign.completed",
    stamp: (now) => ({ completed_at: now, completing_since: null, paused_at: null }),
  },
  cancel: {
    activity: "campaign.cancelled",
    stamp: (now) => ({ cancelled_at: now, completing_since: null, paused_at: null, needs_decision: null }),
  },
} as const satisfies Record<
  LifecycleEvent,
  { activity: string; stamp: (now: number) => Updateable<CampaignsTable> }
>;

/** What a move is asked with. */
export interface MoveRequest {
  readonly id: string;
  /** Kept on the campaign and in its history. */
  readonly reason?: string | null;
}

/** The campaign, held for a change. @throws {NOT_FOUND} also for a deleted one. {CONFLICT} for an archived one. */
export async function holdForChange(unit: Unit, id: string): Promise<Campaign> {
  const campaign = await lockCampaign(unit, id);
  if (campaign.deletedAt !== null) throw notFound("campaign", id);
  if (campaign.archivedAt === null) return campaign;
  throw new CampaignKitError(
    "CONFLICT",
    `The campaign "${campaign.name}" is archived and stays as it is; unarchive it first.`,
    { entity: "campaign", id, reason: "archived" },
  );
}

function illegal(campaign: Campaign, event: LifecycleEvent): CampaignKitError<"ILLEGAL_TRANSITION"> {
  const allowed = legalMoves(campaign.state);
  const legal = allowed.length === 0 ? "it is final" : `legal now: ${allowed.join(", ")}`;
  return new CampaignKitError(
    "ILLEGAL_TRANSITION",
    `The campaign "${campaign.name}" is ${campaign.state}, from where there is no ${event}; ${legal}.`,
    { entity: "campaign", id: campaign.id, from: campaign.state, event, allowed },
  );
}

/** Refuses a move that the state does not have, before anything else is looked at. @throws {ILLEGAL_TRANSITION} */
export function requireMove(campaign: Campaign, event: LifecycleEvent): void {
  if (transition(campaign.state, event).outcome === "illegal") throw illegal(campaign, event);
}

async function apply(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaign: Campaign,
  effect: LifecycleEffect,
): Promise<void> {
  const { id, startsAt, endsAt } = campaign;
  switch (effect) {
    case "plan-launch":
      return orderJob(unit, LAUNCH_JOB, id, startsAt.getTime());
    case "drop-launch":
      return dropJob(unit, LAUNCH_JOB, id);
    case "plan-completion":
      return endsAt === null ? undefined : orderJob(unit, COMPLETE_JOB, id, endsAt.getTime());
    case "drop-completion":
      return dropJob(unit, COMPLETE_JOB, id);
    case "close-pending":
      return dependencies.closePending(unit, id, "campaign-cancelled");
  }
}

/** Moves a campaign that the caller holds. @throws {ILLEGAL_TRANSITION} naming the legal moves. */
export async function move(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaign: Campaign,
  event: LifecycleEvent,
  reason: string | null,
): Promise<void> {
  const decision = transition(campaign.state, event);
  if (decision.outcome === "illegal") throw illegal(campaign, event);
  const { activity, stamp } = MOVED[event];
  const moved = await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, ...campaign },
    {
      ...stamp(unit.now),
      state: decision.to,
      state_reason: reason,
      version: campaign.version + 1,
      updated_at: unit.now,
    },
  );
  if (!moved) throw stale(campaign, campaign.version);
  for (const effect of decision.effects) await apply(unit, dependencies, campaign, effect);
  unit.record(activity, {
    subject: { type: "campaign", id: campaign.id },
    data: { campaignId: campaign.id, reason },
    before: { state: campaign.state, stateReason: campaign.stateReason },
    after: { state: decision.to, stateReason: reason },
  });
}

/** The error for a change that was made on an older version. */
export function stale(campaign: Campaign, expected: number): CampaignKitError<"STALE_VERSION"> {
  return new CampaignKitError(
    "STALE_VERSION",
    `The campaign "${campaign.name}" is at version ${campaign.version}, not ${expected}: it was changed meanwhile. Read it again and repeat the change.`,
    { entity: "campaign", id: campaign.id, expected, actual: campaign.version },
  );
}

/** Whether one more campaign may be active. Ask under the lock of `lockPolicies`, or two may take the last place. */
export async function hasRoom(unit: Unit, { maxActiveCampaigns }: Policies): Promise<boolean> {
  return maxActiveCampaigns === null || (await countActive(unit.db, unit.workspaceId)) < maxActiveCampaigns;
}

async function requireRoom(unit: Unit, policies: Policies): Promise<void> {
  if (await hasRoom(unit, policies)) return;
  const limit = policies.maxActiveCampaigns ?? 0;
  const actual = await countActive(unit.db, unit.workspaceId);
  throw new CampaignKitError(
    "POLICY_VIOLATION",
    `${actual} campaigns are active, and the workspace's policy allows ${limit}. Pause or end one, or raise maxActiveCampaigns.`,
    { policy: "maxActiveCampaigns", limit, actual },
  );
}

/** Where and when a campaign is to be launched, as its readiness is checked for. */
export function placeOf(unit: Unit): LaunchPlace {
  return { workspaceId: unit.workspaceId, channels: unit.kernel.channels, now: unit.now };
}

/** Refuses a campaign that is not ready. @throws {VALIDATION_FAILED} listing every blocker. */
async function requireReady(unit: Unit, campaign: Campaign, purpose: string): Promise<void> {
  const items = await checkReadiness(unit.db, campaign, placeOf(unit));
  const blockers = items.filter(({ level }) => level === "blocker");
  if (blockers.length === 0) return;
  throw validationError(
    `campaign "${campaign.name}" for ${purpose}`,
    blockers.map(({ path, message }) => ({ path, message })),
  );
}

/**
 * Launches now.
 *
 * @throws {NOT_FOUND} {CONFLICT} {ILLEGAL_TRANSITION} {VALIDATION_FAILED} when it is not ready. {POLICY_VIOLATION} at the most active campaigns.
 */
export async function launchCampaign(
  unit: Unit,
  dependencies: CampaignDependencies,
  request: MoveRequest,
): Promise<void> {
  const policies = await lockPolicies(unit);
  const campaign = await holdForChange(unit, request.id);
  requireMove(campaign, "launch");
  await requireReady(unit, campaign, "its launch");
  await requireRoom(unit, policies);
  await move(unit, dependencies, campaign, "launch", request.reason ?? null);
}

/**
 * Plans the launch for the campaign's start.
 *
 * @throws {NOT_FOUND} {CONFLICT} {ILLEGAL_TRANSITION} {VALIDATION_FAILED} when it is not ready, or its start has passed.
 */
export async function scheduleCampaign(
  unit: Unit,
  dependencies: CampaignDependencies,
  request: MoveRequest,
): Promise<void> {
  const campaign = await holdForChange(unit, request.id);
  requireMove(campaign, "schedule");
  await requireReady(unit, campaign, "its schedule");
  if (campaign.startsAt.getTime() <= unit.now) {
    const message = `The start (${campaign.startsAt.toISOString()}) has passed; move it, or launch the campaign now.`;
    throw validationError("campaign", [{ path: ["startsAt"], message }]);
  }
  await move(unit, dependencies, campaign, "schedule", request.reason ?? null);
}

/** Resumes a paused campaign. @throws {NOT_FOUND} {CONFLICT} {ILLEGAL_TRANSITION} {POLICY_VIOLATION} at the most active campaigns. */
export async function resumeCampaign(
  unit: Unit,
  dependencies: CampaignDependencies,
  request: MoveRequest,
): Promise<void> {
  const policies = await lockPolicies(unit);
  const campaign = await holdForChange(unit, request.id);
  requireMove(campaign, "resume");
  await requireRoom(unit, policies);
  await move(unit, dependencies, campaign, "resume", request.reason ?? null);
}
