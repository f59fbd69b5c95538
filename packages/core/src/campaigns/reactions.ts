/** What campaigns order when budgets record a change. */
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { BUDGET_JOB, orderJob } from "./job-kinds.ts";

/** The reactions of campaigns. A channel or a day that is spent holds its own posts only; the total pauses the campaign. */
export const campaignReactions: readonly Reaction[] = [
  react("budget.exhausted", (unit, { data }) => lookAtBudget(unit, data)),
  react("budget.replenished", (unit, { data }) => lookAtBudget(unit, data)),
];

async function lookAtBudget(
  unit: Unit,
  { campaignId, scope }: { readonly campaignId: string; readonly scope: string },
): Promise<void> {
  if (scope === "total") await orderJob(unit, BUDGET_JOB, campaignId, unit.now);
}
