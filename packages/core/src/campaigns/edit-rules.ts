/** What may change in which state. Data, and one pure check over it. */
import type { ValidationIssue } from "../ports/errors.ts";
import type { Campaign, CampaignPlan, CampaignState } from "./campaign.ts";
import { PLAN_FIELDS, type PlanField } from "./plan-fields.ts";

const FIELDS = Object.keys(PLAN_FIELDS) as PlanField[];

/** How a campaign is filed, which is open to change for as long as it exists. */
const FILING: readonly PlanField[] = [
  "name",
  "description",
  "folderId",
  "tags",
  "owner",
  "milestones",
  "kpis",
];

/** What is fixed in each state, and the reason a person is given. */
const FIXED: Readonly<
  Record<CampaignState, { readonly fields: readonly PlanField[]; readonly why: string }>
> = {
  draft: { fields: [], why: "" },
  scheduled: { fields: [], why: "" },
  active: { fields: ["startsAt", "timeZone", "currency"], why: "It has started" },
  paused: { fields: ["startsAt", "timeZone", "currency"], why: "It has started" },
  completed: { fields: FIELDS.filter((field) => !FILING.includes(field)), why: "It is completed" },
  cancelled: { fields: FIELDS.filter((field) => !FILING.includes(field)), why: "It is cancelled" },
};

/** The plan of a campaign, without its life. */
export function planOf(campaign: CampaignPlan): CampaignPlan {
  return {
    name: campaign.name,
    description: campaign.description,
    type: campaign.type,
    objectives: campaign.objectives,
    timeZone: campaign.timeZone,
    startsAt: campaign.startsAt,
    endsAt: campaign.endsAt,
    themes: campaign.themes,
    brandVoice: campaign.brandVoice,
    postsPerDay: campaign.postsPerDay,
    contentMix: campaign.contentMix,
    channels: campaign.channels,
    segmentIds: campaign.segmentIds,
    budget: campaign.budget,
    currency: campaign.currency,
    targets: campaign.targets,
    kpis: campaign.kpis,
    automation: campaign.automation,
    milestones: campaign.milestones,
    folderId: campaign.folderId,
    tags: campaign.tags,
    owner: campaign.owner,
    misfire: campaign.misfire,
  };
}

/** JSON with the keys in order: a database may return an object's keys in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/** The fields in which two plans differ. */
export function changedFields(before: CampaignPlan, after: CampaignPlan): readonly PlanField[] {
  return FIELDS.filter((field) => canonical(before[field]) !== canonical(after[field]));
}

/** What stands against a change in the campaign's present state. */
export function checkEdit(
  campaign: Campaign,
  plan: CampaignPlan,
  changed: readonly PlanField[],
  now: number,
): readonly ValidationIssue[] {
  const { fields, why } = FIXED[campaign.state];
  const fixed = changed.filter((field) => fields.includes(field));
  const issues: ValidationIssue[] = fixed.map((field) => ({
    path: [field],
    message: `${why}; this can't change any more.`,
  }));
  const open = new Set(changed.filter((field) => !fields.includes(field)));
  if (campaign.state === "scheduled" && open.has("startsAt") && plan.startsAt.getTime() <= now) {
    issues.push({
      path: ["startsAt"],
      message: "The new start has passed already; launch the campaign instead.",
    });
  }
  if (campaign.launchedAt === null) return issues;
  if (open.has("endsAt") && campaign.completingSince !== null) {
    issues.push({ path: ["endsAt"], message: "It is ending already, and waits only for what is under way." });
  } else if (open.has("endsAt") && plan.endsAt !== null && plan.endsAt.getTime() <= now) {
    issues.push({
      path: ["endsAt"],
      message: "The new end has passed already; complete the campaign instead.",
    });
  }
  if (open.has("channels")) {
    const kept = new Set(plan.channels.map(({ channel }) => channel));
    for (const { channel } of campaign.channels.filter((used) => !kept.has(used.channel))) {
      const message = `"${channel}" is in use since the launch; cancel its posts instead of taking it out.`;
      issues.push({ path: ["channels"], message });
    }
  }
  return issues;
}
