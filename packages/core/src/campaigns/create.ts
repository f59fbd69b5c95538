/** Making campaigns: new ones, and duplicates of old ones. */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Unit } from "../kernel/unit.ts";
import { validationError } from "../kernel/validate.ts";
import { loadPolicies } from "../policies/index.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { Campaign, CampaignPlan } from "./campaign.ts";
import { planOf } from "./edit-rules.ts";
import { checkFolder } from "./folders/index.ts";
import { checkPlan, EMPTY_PLAN, missingFields } from "./plan.ts";
import { planColumns } from "./row.ts";
import { checkSegments } from "./segment-choice.ts";
import { insertCampaign, loadCampaign, replaceTerms } from "./store.ts";
import { termsOf } from "./terms.ts";
import { planShift, shiftAlong } from "./wall-clock.ts";

const MAX_NAME_LENGTH = 200;
const COPY = " (copy)";

function actorOf(unit: Unit): string | null {
  return unit.actor === SYSTEM_ACTOR ? null : unit.actor;
}

/** Writes a draft. @throws {VALIDATION_FAILED} listing the issues, if there are any. */
async function insertDraft(
  unit: Unit,
  draft: {
    readonly plan: CampaignPlan;
    readonly issues: readonly ValidationIssue[];
    readonly sourceId: string | null;
  },
): Promise<string> {
  const { plan, sourceId } = draft;
  const issues = [...draft.issues, ...(await checkFolder(unit, plan.folderId))];
  if (issues.length > 0) throw validationError("campaign", issues);
  const id = unit.newId();
  await insertCampaign(unit.db, {
    ...planColumns(plan),
    id,
    workspace_id: unit.workspaceId,
    state: "draft",
    state_reason: null,
    needs_decision: null,
    source_id: sourceId,
    shelf: "open",
    version: 1,
    created_at: unit.now,
    updated_at: unit.now,
  });
  await replaceTerms(unit.db, { workspaceId: unit.workspaceId, id }, termsOf(plan));
  unit.record("campaign.created", {
    subject: { type: "campaign", id },
    data: { campaignId: id },
    after: { ...plan, state: "draft" },
  });
  return id;
}

/** Makes a draft from outside input; returns its id. @throws {VALIDATION_FAILED} */
export async function createCampaign(unit: Unit, input: object): Promise<string> {
  const { defaultCurrency } = await loadPolicies(unit.db, unit.workspaceId);
  const { plan, issues } = await checkPlan({
    given: input,
    base: { ...EMPTY_PLAN, currency: defaultCurrency, owner: actorOf(unit) },
    channels: unit.kernel.channels,
    newId: () => unit.newId(),
  });
  const missing = await checkSegments(unit.db, unit.workspaceId, plan.segmentIds);
  return insertDraft(unit, {
    plan,
    issues: [...missingFields(input), ...issues, ...missing],
    sourceId: null,
  });
}

/** The name of a copy. A long one is cut, but never within a character: PostgreSQL takes no half of one. */
function copyName(name: string): string {
  const kept = name.slice(0, MAX_NAME_LENGTH - COPY.length);
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}${COPY}`;
}

/** The source's plan as it stands after the move, with nothing of its run. */
function movedPlan(source: Campaign, start: { readonly at: number; readonly timeZone: string }) {
  const shift = planShift({ at: source.startsAt.getTime(), timeZone: source.timeZone }, start);
  const along = (at: Date): Date => new Date(shiftAlong(at.getTime(), shift));
  const plan: CampaignPlan = {
    ...planOf(source),
    name: copyName(source.name),
    startsAt: new Date(start.at),
    endsAt: source.endsAt === null ? null : along(source.endsAt),
    timeZone: start.timeZone,
    kpis: source.kpis.map((kpi) => ({ ...kpi, current: null })),
    milestones: source.milestones.map((milestone) => ({
      ...milestone,
      dueAt: along(milestone.dueAt),
      reachedAt: null,
    })),
  };
  return { plan, shiftMs: shift.shiftMs };
}

/**
 * Makes a draft like another campaign, with modifications; its dates shift along with the start, in local time. Returns its id.
 *
 * Nothing of the source's run is copied. Delivery copies the posts, by a reaction to `campaign.duplicated`.
 *
 * @throws {NOT_FOUND} {VALIDATION_FAILED}
 */
export async function duplicateCampaign(unit: Unit, sourceId: string, changes: object): Promise<string> {
  const source = await loadCampaign(unit.db, unit.workspaceId, sourceId);
  // What moves the dates comes first, so that the others can be checked against where they land.
  const { plan: start } = await checkPlan({
    given: pick(changes, ["startsAt", "timeZone"]),
    base: planOf(source),
    channels: unit.kernel.channels,
    newId: () => unit.newId(),
  });
  const moved = movedPlan(source, { at: start.startsAt.getTime(), timeZone: start.timeZone });
  const { plan, issues } = await checkPlan({
    given: changes,
    base: { ...moved.plan, owner: actorOf(unit) ?? source.owner },
    channels: unit.kernel.channels,
    newId: () => unit.newId(),
  });
  const milestones = plan.milestones.map((milestone) => ({ ...milestone, id: unit.newId() }));
  // A segment that is gone since the source was made must not stand in the way; readiness tells of it.
  const missing =
    "segmentIds" in changes ? await checkSegments(unit.db, unit.workspaceId, plan.segmentIds) : [];
  const campaignId = await insertDraft(unit, {
    plan: { ...plan, milestones },
    issues: [...issues, ...missing],
    sourceId: source.id,
  });
  unit.record("campaign.duplicated", {
    subject: { type: "campaign", id: campaignId },
    data: { campaignId, sourceId: source.id, shiftMs: moved.shiftMs },
  });
  return campaignId;
}

function pick(from: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
