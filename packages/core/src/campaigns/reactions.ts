/** What campaigns do in the same transaction when budgets record a change. */
import { type Reaction, react } from "../kernel/reactions.ts";
import { pauseForBudget, resumeForBudget } from "./budget-pause.ts";
import type { CampaignDependencies } from "./dependencies.ts";

/** The reactions of campaigns. A channel or a day that is spent holds its own posts only; the total pauses the campaign. */
export function campaignReactions(dependencies: CampaignDependencies): readonly Reaction[] {
  return [
    react("budget.exhausted", async (unit, { data }) => {
      if (data.scope === "total") await pauseForBudget(unit, dependencies, data.campaignId);
    }),
    react("budget.replenished", async (unit, { data }) => {
      if (data.scope === "total") await resumeForBudget(unit, dependencies, data.campaignId);
    }),
  ];
}
