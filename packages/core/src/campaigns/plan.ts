/** Turns what a host gives into a whole plan, or into the list of everything that is wrong with it. */
import type { ChannelRecord } from "../ports/channel.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { CampaignPlan, Milestone } from "./campaign.ts";
import { checkChannels } from "./channel-choice.ts";
import { NEEDED_FIELDS, PLAN_FIELDS, type PlanField, type PlanValues } from "./plan-fields.ts";

/** A plan of which nothing was said yet. The needed fields are placeholders. */
export const EMPTY_PLAN: CampaignPlan = {
  name: "",
  description: "",
  type: "multichannel",
  objectives: [],
  timeZone: "UTC",
  startsAt: new Date(0),
  endsAt: null,
  themes: [],
  brandVoice: null,
  postsPerDay: null,
  contentMix: {},
  channels: [],
  segmentIds: [],
  budget: { total: null, daily: null },
  currency: "USD",
  targets: { reach: null, engagementRate: null, conversions: null },
  kpis: [],
  automation: { generateContent: false, optimizeTiming: false, adjustBudget: false },
  milestones: [],
  folderId: null,
  tags: [],
  owner: null,
  misfire: null,
};

const EMPTY_VOICE = { tone: null, guidelines: null, vocabulary: [], bannedWords: [] };

/** The fields that were given and are good, and what is wrong with the others. */
function checkFields(given: object): {
  readonly values: PlanValues;
  readonly issues: readonly ValidationIssue[];
} {
  const values: Record<string, unknown> = {};
  const issues: ValidationIssue[] = [];
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(PLAN_FIELDS, field)) {
      issues.push({ path: [field], message: `A campaign has no field "${field}".` });
      continue;
    }
    const result = PLAN_FIELDS[field as PlanField].safeParse(value);
    if (result.success) {
      values[field] = result.data;
      continue;
    }
    for (const issue of result.error.issues) {
      const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
      issues.push({ path: [field, ...path], message: issue.message });
    }
  }
  return { values: values as PlanValues, issues };
}

/** The parts that were given, over those that stand. */
function patched<Whole extends object>(
  whole: Whole,
  parts: { readonly [Key in keyof Whole]?: Whole[Key] | undefined } | undefined,
): Whole {
  const given = Object.entries(parts ?? {}).filter(([, value]) => value !== undefined);
  return { ...whole, ...Object.fromEntries(given) };
}

function kpisOf(given: PlanValues["kpis"], base: CampaignPlan["kpis"]): CampaignPlan["kpis"] {
  const standing = new Map(base.map((kpi) => [kpi.name, kpi.current]));
  return (
    given?.map(({ name, target, unit, current }) => ({
      name,
      target,
      unit,
      current: current === undefined ? (standing.get(name) ?? null) : current,
    })) ?? base
  );
}

function milestonesOf(
  given: PlanValues["milestones"],
  base: readonly Milestone[],
  newId: () => string,
): { readonly milestones: readonly Milestone[]; readonly issues: readonly ValidationIssue[] } {
  if (given === undefined) return { milestones: base, issues: [] };
  const known = new Map(base.map((milestone) => [milestone.id, milestone]));
  const issues: ValidationIssue[] = [];
  const milestones = given.map(({ id, name, dueAt }, index) => {
    const standing = id === undefined ? undefined : known.get(id);
    if (id !== undefined && standing === undefined) {
      const message = `This campaign has no milestone "${id}", or it stands here twice; leave the id out for a new one.`;
      issues.push({ path: ["milestones", index, "id"], message });
    }
    if (id !== undefined) known.delete(id);
    return { id: id ?? newId(), name, dueAt, reachedAt: standing?.reachedAt ?? null };
  });
  return { milestones, issues };
}

/** What two or more good fields say against each other. */
function contradictions(plan: CampaignPlan, bad: ReadonlySet<string | number>): readonly ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const { startsAt, endsAt, currency } = plan;
  const { total, daily } = plan.budget;
  if (endsAt !== null && !bad.has("startsAt") && !bad.has("endsAt") && endsAt <= startsAt) {
    issues.push({
      path: ["endsAt"],
      message: `The end (${endsAt.toISOString()}) is not after the start (${startsAt.toISOString()}).`,
    });
  }
  if (bad.has("budget") || bad.has("currency")) return issues;
  for (const [part, money] of Object.entries({ total, daily })) {
    if (money === null || money.currency === currency) continue;
    issues.push({
      path: ["budget", part],
      message: `The ${part} budget is in ${money.currency}, the campaign in ${currency}; everything in a campaign has one currency.`,
    });
  }
  const comparable = total !== null && daily !== null && total.currency === daily.currency;
  if (comparable && daily.amountMicros > total.amountMicros) {
    issues.push({ path: ["budget", "daily"], message: "The daily budget is above the total." });
  }
  return issues;
}

function voiceOf(
  given: PlanValues["brandVoice"],
  base: CampaignPlan["brandVoice"],
): CampaignPlan["brandVoice"] {
  if (given === undefined) return base;
  return given === null ? null : patched(base ?? EMPTY_VOICE, given);
}

/** What a plan is made of. */
export interface PlanRequest {
  /** From outside: fields to set. */
  readonly given: object;
  /** What stands where nothing is given. */
  readonly base: CampaignPlan;
  readonly channels: ChannelRecord;
  newId(): string;
}

/** The whole plan after the change, and every problem of it at once, each with its path. The plan is of use only without issues. */
export async function checkPlan(
  request: PlanRequest,
): Promise<{ readonly plan: CampaignPlan; readonly issues: readonly ValidationIssue[] }> {
  const { base } = request;
  const { values, issues } = checkFields(request.given);
  const chosen =
    values.channels === undefined
      ? { channels: base.channels, issues: [] }
      : await checkChannels(values.channels, request.channels);
  const points = milestonesOf(values.milestones, base.milestones, request.newId);
  // A budget says the currency where it is given and the currency is not.
  const implied = values.budget?.total?.currency ?? values.budget?.daily?.currency;
  const { brandVoice, kpis: _kpis, milestones: _milestones, channels: _channels, ...plain } = values;
  const plan: CampaignPlan = {
    ...patched(base, plain as Partial<CampaignPlan>),
    brandVoice: voiceOf(brandVoice, base.brandVoice),
    channels: chosen.channels,
    budget: patched(base.budget, values.budget),
    currency: values.currency ?? implied ?? base.currency,
    targets: patched(base.targets, values.targets),
    automation: patched(base.automation, values.automation),
    kpis: kpisOf(values.kpis, base.kpis),
    milestones: points.milestones,
  };
  const soFar = [...issues, ...chosen.issues, ...points.issues];
  const bad = new Set(soFar.flatMap(({ path }) => path.slice(0, 1)));
  return { plan, issues: [...soFar, ...contradictions(plan, bad)] };
}

/** What is missing in a new campaign. */
export function missingFields(given: object): readonly ValidationIssue[] {
  const has = (field: PlanField): boolean => (given as Record<string, unknown>)[field] !== undefined;
  return NEEDED_FIELDS.filter((field) => !has(field)).map((field) => ({
    path: [field],
    message: "A campaign needs it.",
  }));
}
