/** Opening a campaign's budget, and finding it. */
import { loadCampaign } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { requireId } from "../kernel/validate.ts";
import type { Money } from "../math/money.ts";
import type { Counter } from "./scope.ts";
import { insertPlan, type Plan, selectPlan } from "./store/plans.ts";

/** What a budget needs to know of its campaign. */
export interface BudgetedCampaign {
  readonly id: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly budget: { readonly total: Money | null; readonly daily: Money | null };
}

/** The shares of a scope that raise an alert, unless the plan names others. */
const DEFAULT_ALERT_PERCENTS: readonly number[] = [75, 90, 100];

/** The plan of a campaign that has said nothing more than its own budget. */
export function firstPlan(campaign: BudgetedCampaign): Plan {
  return {
    campaignId: campaign.id,
    currency: campaign.currency,
    timeZone: campaign.timeZone,
    dailyMicros: campaign.budget.daily?.amountMicros ?? null,
    contingencyPercent: 0,
    alertPercents: DEFAULT_ALERT_PERCENTS,
    version: 1,
  };
}

/** The counters of such a campaign. */
export function firstCounters(campaign: BudgetedCampaign): readonly Counter[] {
  const limitMicros = campaign.budget.total?.amountMicros ?? null;
  const untouched = {
    heldMicros: 0,
    committedMicros: 0,
    reservedMicros: 0,
    wantedMicros: null,
    exhausted: false,
  };
  return [{ kind: "total", name: "", limitMicros, ...untouched }];
}

/** Opens the budget of a campaign. Idempotent: an open one stays as it is. */
export async function openBudget(unit: Unit, campaign: BudgetedCampaign): Promise<void> {
  const plan = firstPlan(campaign);
  const totalMicros = campaign.budget.total?.amountMicros ?? null;
  await insertPlan(unit.db, unit.workspaceId, { ...plan, totalMicros }, unit.now);
}

/** The campaign's plan; one that was never opened is opened now. @throws {NOT_FOUND} */
export async function loadPlan(unit: Unit, campaignId: string): Promise<Plan> {
  const id = requireId("campaign", campaignId);
  const plan = await selectPlan(unit.db, unit.workspaceId, id);
  if (plan !== null) return plan;
  await openBudget(unit, await loadCampaign(unit.db, unit.workspaceId, id));
  return loadPlan(unit, id);
}
