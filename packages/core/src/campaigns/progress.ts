/** Where a campaign stands: its KPIs and milestones. Progress is no change of plan, so it leaves the version alone. */
import { z } from "zod";
import type { Unit } from "../kernel/unit.ts";
import { notFound, parse, validationError } from "../kernel/validate.ts";
import type { Campaign, CampaignPlan } from "./campaign.ts";
import { holdForChange } from "./moves.ts";
import { planColumns } from "./row.ts";
import { updateCampaign } from "./store.ts";

const kpisSchema = z.record(z.string(), z.number().nullable());
const reachedSchema = z.date().nullable();

async function write(unit: Unit, campaign: Campaign, progress: Partial<CampaignPlan>): Promise<void> {
  const { id, version } = campaign;
  const { details } = planColumns({ ...campaign, ...progress });
  await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, id, version },
    { details, updated_at: unit.now },
  );
}

/** Sets the current values of the named KPIs. @throws {VALIDATION_FAILED} for a name that the campaign does not have. {NOT_FOUND} {CONFLICT} */
export async function updateKpis(unit: Unit, id: string, current: object): Promise<void> {
  const values = parse(kpisSchema, current, "KPI values");
  const campaign = await holdForChange(unit, id);
  const names = new Set(campaign.kpis.map(({ name }) => name));
  const unknown = Object.keys(values).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    const known = [...names].join(", ") || "none";
    throw validationError(
      "KPI values",
      unknown.map((name) => ({ path: [name], message: `The campaign has no such KPI; it has: ${known}.` })),
    );
  }
  const changed = campaign.kpis.filter(
    ({ name, current: was }) => Object.hasOwn(values, name) && values[name] !== was,
  );
  if (changed.length === 0) return;
  const kpis = campaign.kpis.map((kpi) =>
    Object.hasOwn(values, kpi.name) ? { ...kpi, current: values[kpi.name] ?? null } : kpi,
  );
  await write(unit, campaign, { kpis });
  const ofChanged = (list: Campaign["kpis"]): object =>
    Object.fromEntries(
      list
        .filter(({ name }) => changed.some((kpi) => kpi.name === name))
        .map((kpi) => [kpi.name, kpi.current]),
    );
  unit.record("campaign.kpis-updated", {
    subject: { type: "campaign", id },
    data: { campaignId: id, changed: changed.map(({ name }) => name) },
    before: ofChanged(campaign.kpis),
    after: ofChanged(kpis),
  });
}

/** Says when a milestone was reached, or with `null` that it is not. @throws {NOT_FOUND} {VALIDATION_FAILED} {CONFLICT} */
export async function markMilestone(
  unit: Unit,
  mark: { readonly id: string; readonly milestoneId: string; readonly reachedAt: Date | null },
): Promise<void> {
  const { id, milestoneId } = mark;
  const reachedAt = parse(reachedSchema, mark.reachedAt, "milestone");
  const campaign = await holdForChange(unit, id);
  const standing = campaign.milestones.find((milestone) => milestone.id === milestoneId);
  if (standing === undefined) throw notFound("milestone", milestoneId);
  if (standing.reachedAt?.getTime() === reachedAt?.getTime()) return;
  const milestones = campaign.milestones.map((milestone) =>
    milestone.id === milestoneId ? { ...milestone, reachedAt } : milestone,
  );
  await write(unit, campaign, { milestones });
  unit.record("campaign.milestone-marked", {
    subject: { type: "campaign", id },
    data: { campaignId: id, milestoneId, reached: reachedAt !== null },
    before: { reachedAt: standing.reachedAt },
    after: { reachedAt },
  });
}
