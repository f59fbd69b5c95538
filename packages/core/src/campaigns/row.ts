/** A campaign as the database keeps it, and back. */
import type { Insertable, Selectable } from "kysely";
import type { Money } from "../math/money.ts";
import { fromJson, toDate, toDateOrNull, toIntegerOrNull, toJson } from "../storage/columns.ts";
import type { CampaignsTable } from "../storage/tables/campaigns.ts";
import type { Campaign, CampaignPlan, Milestone } from "./campaign.ts";
import { EMPTY_PLAN } from "./plan.ts";
import { searchForm } from "./terms.ts";

/** What no query filters by, in one JSON column; instants as epoch milliseconds. */
type Details = Pick<
  CampaignPlan,
  | "objectives"
  | "themes"
  | "brandVoice"
  | "postsPerDay"
  | "contentMix"
  | "channels"
  | "segmentIds"
  | "targets"
  | "kpis"
  | "automation"
  | "tags"
  | "misfire"
> & {
  readonly milestones: readonly (Pick<Milestone, "id" | "name"> & {
    readonly dueAt: number;
    readonly reachedAt: number | null;
  })[];
};

/** The columns that hold the plan. */
export type PlanColumns = Pick<
  Insertable<CampaignsTable>,
  | "name"
  | "name_key"
  | "description"
  | "type"
  | "time_zone"
  | "starts_at"
  | "ends_at"
  | "ends_key"
  | "currency"
  | "total_budget_micros"
  | "daily_budget_micros"
  | "owner"
  | "folder_id"
  | "details"
>;

/** The last instant that a Date can name: the end of a campaign that has none. */
const END_OF_TIME = 8_640_000_000_000_000;

function detailsOf(plan: CampaignPlan): string {
  const details: Details = {
    objectives: plan.objectives,
    themes: plan.themes,
    brandVoice: plan.brandVoice,
    postsPerDay: plan.postsPerDay,
    contentMix: plan.contentMix,
    channels: plan.channels,
    segmentIds: plan.segmentIds,
    targets: plan.targets,
    kpis: plan.kpis,
    automation: plan.automation,
    tags: plan.tags,
    misfire: plan.misfire,
    milestones: plan.milestones.map(({ id, name, dueAt, reachedAt }) => ({
      id,
      name,
      dueAt: dueAt.getTime(),
      reachedAt: reachedAt?.getTime() ?? null,
    })),
  };
  return toJson(details);
}

/** The plan as columns. */
export function planColumns(plan: CampaignPlan): PlanColumns {
  return {
    name: plan.name,
    name_key: searchForm(plan.name),
    description: plan.description,
    type: plan.type,
    time_zone: plan.timeZone,
    starts_at: plan.startsAt.getTime(),
    ends_at: plan.endsAt?.getTime() ?? null,
    ends_key: plan.endsAt?.getTime() ?? END_OF_TIME,
    currency: plan.currency,
    total_budget_micros: plan.budget.total?.amountMicros ?? null,
    daily_budget_micros: plan.budget.daily?.amountMicros ?? null,
    owner: plan.owner,
    folder_id: plan.folderId,
    details: detailsOf(plan),
  };
}

/** The campaign in a row. */
export function toCampaign(row: Selectable<CampaignsTable>): Campaign {
  const { milestones, ...details } = fromJson<Details>(row.details);
  const amount = (stored: Selectable<CampaignsTable>["total_budget_micros"]): Money | null => {
    const amountMicros = toIntegerOrNull(stored);
    return amountMicros === null ? null : { currency: row.currency, amountMicros };
  };
  return {
    ...EMPTY_PLAN,
    ...details,
    id: row.id,
    name: row.name,
    description: row.description,
    type: row.type,
    state: row.state,
    stateReason: row.state_reason,
    needsDecision: row.needs_decision,
    timeZone: row.time_zone,
    startsAt: toDate(row.starts_at),
    endsAt: toDateOrNull(row.ends_at),
    currency: row.currency,
    budget: { total: amount(row.total_budget_micros), daily: amount(row.daily_budget_micros) },
    milestones: milestones.map(({ id, name, dueAt, reachedAt }) => ({
      id,
      name,
      dueAt: new Date(dueAt),
      reachedAt: reachedAt === null ? null : new Date(reachedAt),
    })),
    owner: row.owner,
    folderId: row.folder_id,
    sourceId: row.source_id,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    scheduledAt: toDateOrNull(row.scheduled_at),
    launchedAt: toDateOrNull(row.launched_at),
    pausedAt: toDateOrNull(row.paused_at),
    completingSince: toDateOrNull(row.completing_since),
    completedAt: toDateOrNull(row.completed_at),
    cancelledAt: toDateOrNull(row.cancelled_at),
    archivedAt: toDateOrNull(row.archived_at),
    deletedAt: toDateOrNull(row.deleted_at),
    version: row.version,
  };
}
