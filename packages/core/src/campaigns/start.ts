/** The planned start: when it comes, what is done, and what is done when it was missed. */
import type { Unit } from "../kernel/unit.ts";
import { lockPolicies, type MisfireRule, type Policies } from "../policies/index.ts";
import type { Campaign } from "./campaign.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { hasRoom, move, placeOf } from "./moves.ts";
import { checkReadiness } from "./readiness.ts";
import { lockCampaign, updateCampaign } from "./store.ts";

/** How often a launch is tried again that something stands in the way of. */
const TRY_AGAIN_MS = 60_000;

/** What is to be done about a planned start at an instant. */
export type StartDecision =
  | { readonly act: "nothing" }
  | { readonly act: "wait"; readonly until: number }
  /** `lateMs` is null for a launch on time, the grace included. */
  | { readonly act: "launch"; readonly lateMs: number | null }
  | { readonly act: "cancel"; readonly lateMs: number; readonly reason: string }
  | { readonly act: "ask"; readonly lateMs: number };

/** Decides. Pure: a jump of the clock is the same as time that has passed. */
export function decideStart(
  campaign: Pick<Campaign, "state" | "needsDecision" | "startsAt" | "endsAt">,
  { policy, graceMs }: MisfireRule,
  now: number,
): StartDecision {
  if (campaign.state !== "scheduled" || campaign.needsDecision !== null) return { act: "nothing" };
  const startsAt = campaign.startsAt.getTime();
  if (startsAt > now) return { act: "wait", until: startsAt };
  const lateMs = now - startsAt;
  const over = campaign.endsAt !== null && campaign.endsAt.getTime() <= now;
  if (over && policy !== "ask") return { act: "cancel", lateMs, reason: "ended-before-launch" };
  if (lateMs <= graceMs && !over) return { act: "launch", lateMs: null };
  switch (policy) {
    case "send":
      return { act: "launch", lateMs };
    case "skip":
      return { act: "cancel", lateMs, reason: "missed-start" };
    case "ask":
      return { act: "ask", lateMs };
  }
}

function recordMisfire(unit: Unit, campaign: Campaign, policy: MisfireRule["policy"], lateMs: number): void {
  unit.record("campaign.misfired", {
    subject: { type: "campaign", id: campaign.id },
    data: { campaignId: campaign.id, policy, lateMs },
  });
}

/** What stands in the way of a launch now: a code for the state's reason, and words for people. */
async function obstacleOf(
  unit: Unit,
  campaign: Campaign,
  policies: Policies,
): Promise<{ readonly reason: string; readonly problems: readonly string[] } | null> {
  const items = await checkReadiness(unit.db, campaign, placeOf(unit));
  const problems = items.filter(({ level }) => level === "blocker").map(({ message }) => message);
  if (problems.length > 0) return { reason: "not-ready", problems };
  if (await hasRoom(unit, policies)) return null;
  const limit = `The workspace's policy allows ${policies.maxActiveCampaigns} active campaigns.`;
  return { reason: "no-room", problems: [limit] };
}

/** When a job must look again (`null`: never), and the campaign's version that this holds for. */
export interface NextLook {
  readonly until: number | null;
  readonly version: number;
}

/** Marks what a person should know of a campaign that stays scheduled. Returns its new version. */
async function mark(
  unit: Unit,
  { id, version }: Campaign,
  marks: { readonly state_reason: string; readonly needs_decision?: "missed-start" },
): Promise<number> {
  await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, id, version },
    { ...marks, version: version + 1, updated_at: unit.now },
  );
  return version + 1;
}

async function launchOrWait(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaign: Campaign,
  policies: Policies,
  lateMs: number | null,
): Promise<NextLook> {
  const obstacle = await obstacleOf(unit, campaign, policies);
  if (obstacle === null) {
    if (lateMs !== null) recordMisfire(unit, campaign, "send", lateMs);
    await move(unit, dependencies, campaign, "launch", lateMs === null ? "start-reached" : "missed-start");
    return { until: null, version: campaign.version + 1 };
  }
  const until = unit.now + TRY_AGAIN_MS;
  if (campaign.stateReason === obstacle.reason) return { until, version: campaign.version };
  unit.record("campaign.launch-blocked", {
    subject: { type: "campaign", id: campaign.id },
    data: { campaignId: campaign.id, ...obstacle },
  });
  return { until, version: await mark(unit, campaign, { state_reason: obstacle.reason }) };
}

/**
 * Does what a planned start asks for now. A launch that something stands in the way of is tried again; the time it loses counts as
 * lateness, so the misfire rule bounds it.
 */
export async function attemptStart(
  unit: Unit,
  dependencies: CampaignDependencies,
  campaignId: string,
): Promise<NextLook> {
  const policies = await lockPolicies(unit);
  const campaign = await lockCampaign(unit, campaignId);
  const rule = campaign.misfire ?? policies.misfire;
  const decision = decideStart(campaign, rule, unit.now);
  switch (decision.act) {
    case "nothing":
      return { until: null, version: campaign.version };
    case "wait":
      return { until: decision.until, version: campaign.version };
    case "launch":
      return launchOrWait(unit, dependencies, campaign, policies, decision.lateMs);
    case "ask": {
      recordMisfire(unit, campaign, rule.policy, decision.lateMs);
      const marks = { needs_decision: "missed-start", state_reason: "missed-start" } as const;
      return { until: null, version: await mark(unit, campaign, marks) };
    }
    case "cancel":
      recordMisfire(unit, campaign, rule.policy, decision.lateMs);
      await move(unit, dependencies, campaign, "cancel", decision.reason);
      return { until: null, version: campaign.version + 1 };
  }
}
