/** How a budget follows its campaign: opened with it, changed with it, planned like the one it was copied from. */
import { loadCampaign } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import type { Money } from "../math/money.ts";
import { loadPlan, openBudget } from "./open.ts";
import { applyChanges, type BudgetChanges, findProblems } from "./plan.ts";
import { setBudget } from "./set.ts";
import { selectAllCounters } from "./store/counters.ts";

/** Opens the budget of a new campaign. */
export async function followCreation(unit: Unit, campaignId: string): Promise<void> {
  await openBudget(unit, await loadCampaign(unit.db, unit.workspaceId, campaignId));
}

/** Applies what a campaign says of its budget, currency and time zone now. What the budget says already changes nothing. */
export async function followChange(unit: Unit, campaignId: string): Promise<void> {
  const campaign = await loadCampaign(unit.db, unit.workspaceId, campaignId);
  const plan = await loadPlan(unit, campaignId);
  const counters = await selectAllCounters(unit.db, unit.workspaceId, campaignId);
  const totalMicros = counters.find(({ kind }) => kind === "total")?.limitMicros ?? null;
  const { total, daily } = campaign.budget;
  const same =
    campaign.currency === plan.currency &&
    campaign.timeZone === plan.timeZone &&
    (total?.amountMicros ?? null) === totalMicros &&
    (daily?.amountMicros ?? null) === plan.dailyMicros;
  if (!same) await setBudget(unit, campaignId, { total, daily }, { campaign });
}

/**
 * Plans a copy's budget like its source's: alert percents and contingency, and the channels' limits where they fit into the copy's total.
 * Nothing that was spent or reserved comes along.
 */
export async function followDuplication(unit: Unit, campaignId: string, sourceId: string): Promise<void> {
  const { db, workspaceId } = unit;
  const campaign = await loadCampaign(db, workspaceId, campaignId);
  const source = await loadPlan(unit, sourceId);
  const { currency, alertPercents } = source;
  const channels = (await selectAllCounters(db, workspaceId, sourceId)).flatMap(
    ({ kind, name, limitMicros }) =>
      kind === "channel" && limitMicros !== null
        ? [[name, { currency, amountMicros: limitMicros }] satisfies [string, Money]]
        : [],
  );
  const contingencyPercent = campaign.budget.total === null ? 0 : source.contingencyPercent;
  const whole: BudgetChanges = { alertPercents, contingencyPercent, channels: Object.fromEntries(channels) };
  const plan = await loadPlan(unit, campaignId);
  const counters = await selectAllCounters(db, workspaceId, campaignId);
  const before = { plan, counters, today: "", moneyHasMoved: false };
  const fits = findProblems(before, whole, applyChanges(plan, counters, whole)).length === 0;
  await setBudget(unit, campaignId, fits ? whole : { alertPercents, contingencyPercent }, { campaign });
}
