/** Changing a campaign, also while it is live: what already went out stays, and a change made on an older version is refused. */
import { z } from "zod";
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import type { Campaign, CampaignPlan } from "./campaign.ts";
import { changedFields, checkEdit, planOf } from "./edit-rules.ts";
import { checkFolder } from "./folders/index.ts";
import { COMPLETE_JOB, dropJob, LAUNCH_JOB, orderJob } from "./job-kinds.ts";
import { holdForChange, stale } from "./moves.ts";
import { checkPlan } from "./plan.ts";
import type { PlanField } from "./plan-fields.ts";
import { planColumns } from "./row.ts";
import { checkSegments } from "./segment-choice.ts";
import { replaceTerms, updateCampaign } from "./store.ts";
import { termsOf } from "./terms.ts";

const versionSchema = z.object({ version: z.int({ error: "Give the version that you read." }) });

/** The fields that a campaign is found by. */
const FOUND_BY: readonly PlanField[] = ["name", "description", "tags", "channels", "objectives"];

/** Moves the jobs of the start and the end to their new times. */
async function replan(
  unit: Unit,
  campaign: Campaign,
  plan: CampaignPlan,
  changed: readonly PlanField[],
): Promise<void> {
  const { id } = campaign;
  if (campaign.state === "scheduled" && changed.includes("startsAt"))
    await orderJob(unit, LAUNCH_JOB, id, plan.startsAt.getTime());
  if (campaign.launchedAt === null || !changed.includes("endsAt")) return;
  if (plan.endsAt === null) await dropJob(unit, COMPLETE_JOB, id);
  else await orderJob(unit, COMPLETE_JOB, id, plan.endsAt.getTime());
}

function only(plan: CampaignPlan, fields: readonly PlanField[]): Partial<CampaignPlan> {
  return Object.fromEntries(fields.map((field) => [field, plan[field]]));
}

/**
 * Sets the given fields. A change that changes nothing leaves the version as it is.
 *
 * @throws {STALE_VERSION} {VALIDATION_FAILED} {NOT_FOUND} {CONFLICT} when it is archived.
 */
export async function changeCampaign(unit: Unit, id: string, changes: object): Promise<void> {
  const { version } = parse(versionSchema, changes, "campaign");
  const { version: _, ...given } = changes as { version: unknown };
  const campaign = await holdForChange(unit, id);
  if (campaign.version !== version) throw stale(campaign, version);
  const before = planOf(campaign);
  const { plan, issues } = await checkPlan({
    given,
    base: before,
    channels: unit.kernel.channels,
    newId: () => unit.newId(),
  });
  const changed = changedFields(before, plan);
  const problems = [
    ...issues,
    ...checkEdit(campaign, plan, changed, unit.now),
    ...(changed.includes("folderId") ? await checkFolder(unit, plan.folderId) : []),
    ...(changed.includes("segmentIds")
      ? await checkSegments(unit.db, unit.workspaceId, plan.segmentIds)
      : []),
  ];
  if (problems.length > 0) throw validationError("campaign", problems);
  if (changed.length === 0) return;
  const moved = campaign.needsDecision !== null && changed.includes("startsAt");
  const written = await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, id, version },
    {
      ...planColumns(plan),
      // A new start is the decision that a missed one waited for.
      ...(moved ? { needs_decision: null, state_reason: null } : {}),
      version: version + 1,
      updated_at: unit.now,
    },
  );
  if (!written) throw stale(campaign, version);
  if (changed.some((field) => FOUND_BY.includes(field)))
    await replaceTerms(unit.db, { workspaceId: unit.workspaceId, id }, termsOf(plan));
  await replan(unit, campaign, plan, changed);
  unit.record("campaign.updated", {
    subject: { type: "campaign", id },
    data: { campaignId: id, changed },
    before: only(before, changed),
    after: only(plan, changed),
  });
}
