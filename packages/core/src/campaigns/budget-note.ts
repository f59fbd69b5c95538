/** A campaign's own word on its budget, kept the same as the budget's. */
import type { Unit } from "../kernel/unit.ts";
import type { CampaignBudget } from "./campaign.ts";
import { stale } from "./moves.ts";
import { lockCampaign, updateCampaign } from "./store.ts";

/**
 * Lets the campaign's plan say what its budget says now, whatever the campaign's state; for the budgets feature, which has checked it.
 *
 * A change of the plan like any other: it counts the version and is recorded. The same again changes nothing.
 *
 * @throws {NOT_FOUND}
 */
export async function noteBudget(unit: Unit, id: string, changes: Partial<CampaignBudget>): Promise<void> {
  const campaign = await lockCampaign(unit, id);
  const { budget, version } = campaign;
  const next: CampaignBudget = { ...budget, ...changes };
  const total = next.total?.amountMicros ?? null;
  const daily = next.daily?.amountMicros ?? null;
  if (total === (budget.total?.amountMicros ?? null) && daily === (budget.daily?.amountMicros ?? null))
    return;
  const written = await updateCampaign(
    unit.db,
    { workspaceId: unit.workspaceId, id, version },
    { total_budget_micros: total, daily_budget_micros: daily, version: version + 1, updated_at: unit.now },
  );
  if (!written) throw stale(campaign, version);
  unit.record("campaign.updated", {
    subject: { type: "campaign", id },
    data: { campaignId: id, changed: ["budget"] },
    before: { budget },
    after: { budget: next },
  });
}
