/** Changing a budget's plan. */

import { noteBudget } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import { localDay } from "../math/time-zone.ts";
import { CampaignKitError, type ValidationIssue } from "../ports/errors.ts";
import { reviewAlerts } from "./alerts.ts";
import { type BudgetedCampaign, loadPlan } from "./open.ts";
import {
  applyChanges,
  type BudgetChanges,
  budgetChangesSchema,
  findProblems,
  type Limits,
  limitAfter,
} from "./plan.ts";
import type { Counter } from "./scope.ts";
import { reviewShortages } from "./shortage.ts";
import { type LimitRow, lockLimits, setLimits } from "./store/counters.ts";
import { hasMovements } from "./store/movements.ts";
import { type Plan, updatePlan } from "./store/plans.ts";

/** From where a change comes. */
export interface ChangeOrigin {
  /** The campaign, when the change follows a change of it; else the campaign follows the budget. */
  readonly campaign?: BudgetedCampaign;
}

/**
 * Changes a budget as one, or not at all. Alerts above what is spent under the new limits are armed again, exhausted scopes that have room
 * now are told to be replenished. The campaign's own plan says the same total and daily limit afterwards.
 *
 * @throws {VALIDATION_FAILED} with every problem. {NOT_FOUND} {STALE_VERSION}
 */
export async function setBudget(
  unit: Unit,
  campaignId: string,
  input: BudgetChanges,
  { campaign }: ChangeOrigin = {},
): Promise<void> {
  const changes = parse(budgetChangesSchema, input, "budget") as BudgetChanges;
  const { db, workspaceId } = unit;
  const opened = await loadPlan(unit, campaignId);
  // The campaign's row is locked before the counters, as when the campaign is changed first.
  if (campaign === undefined) await noteCampaign(unit, campaignId, opened.currency, changes);
  const today = localDay(unit.now, opened.timeZone);
  const counters = await lockLimits(db, { workspaceId, campaignId, fromDay: today });
  // Read again: the lock may have been waited for.
  const before = await loadPlan(unit, campaignId);
  if (changes.version !== undefined && changes.version !== before.version)
    throw stale(campaignId, changes.version, before.version);
  const { plan, limits } = applyChanges(before, counters, changes, campaign);
  const moneyHasMoved =
    plan.currency !== before.currency && (await hasMovements(db, { workspaceId, campaignId }));
  const issues = findProblems({ plan: before, counters, today, moneyHasMoved }, changes, { plan, limits });
  if (issues.length > 0) throw problem(issues, campaign);

  if (!(await updatePlan(db, workspaceId, plan, unit.now)))
    throw stale(campaignId, before.version, before.version + 1);
  const after = await setLimits(db, { workspaceId, campaignId }, limitRows(counters, limits));
  await reviewAlerts(unit, plan, after);
  await reviewShortages(unit, plan, after);
  unit.record("budget.set", {
    subject: { type: "campaign", id: campaignId },
    data: { campaignId },
    before: summary(before, counters),
    after: summary(plan, after),
  });
}

/** Lets the campaign's plan say what the budget will say. Undone with the unit when the change is refused. */
async function noteCampaign(
  unit: Unit,
  campaignId: string,
  currency: string,
  { total, daily }: BudgetChanges,
): Promise<void> {
  if (total === undefined && daily === undefined) return;
  // Another currency is refused below, with all other problems.
  if ([total, daily].some((limit) => limit != null && limit.currency !== currency)) return;
  await noteBudget(unit, campaignId, {
    ...(total === undefined ? {} : { total }),
    ...(daily === undefined ? {} : { daily }),
  });
}

/** The error for what was found; under the campaign's path when it is the campaign that is changed. */
function problem(issues: readonly ValidationIssue[], campaign: BudgetedCampaign | undefined): Error {
  if (campaign === undefined) return validationError("budget", issues);
  const within = issues.map(({ path, message }) => ({
    path: path[0] === "currency" ? path : ["budget", ...path],
    message,
  }));
  return validationError("campaign", within);
}

/** Each counter with its new limit, and the channels that have none yet. */
function limitRows(counters: readonly Counter[], limits: Limits): readonly LimitRow[] {
  const known = new Set(counters.filter(({ kind }) => kind === "channel").map(({ name }) => name));
  const added = [...limits.channels].filter(([name]) => !known.has(name));
  return [
    ...counters.map((counter) => ({
      kind: counter.kind,
      name: counter.name,
      limitMicros: limitAfter(counter, limits),
      heldMicros: counter.kind === "total" ? limits.heldMicros : 0,
    })),
    ...added.map(([name, limitMicros]) => ({ kind: "channel" as const, name, limitMicros, heldMicros: 0 })),
  ];
}

function summary(plan: Plan, counters: readonly Counter[]): object {
  const limited = counters.filter(({ kind, limitMicros }) => kind === "channel" && limitMicros !== null);
  return {
    totalMicros: counters.find(({ kind }) => kind === "total")?.limitMicros ?? null,
    dailyMicros: plan.dailyMicros,
    channels: Object.fromEntries(limited.map(({ name, limitMicros }) => [name, limitMicros])),
    contingencyPercent: plan.contingencyPercent,
    alertPercents: plan.alertPercents,
  };
}

function stale(campaignId: string, expected: number, actual: number): CampaignKitError<"STALE_VERSION"> {
  return new CampaignKitError(
    "STALE_VERSION",
    `The budget of campaign ${campaignId} has version ${actual}, not ${expected}. Read it again and repeat the change.`,
    { entity: "budget", id: campaignId, expected, actual },
  );
}
