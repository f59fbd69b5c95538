/** What a budget does when its campaign changes. */
import { loadCampaign } from "../campaigns/index.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import { openBudget } from "./open.ts";

/** The reactions of budgets. */
export const reactions: readonly Reaction[] = [
  react("campaign.created", async (unit, { data }) => {
    await openBudget(unit, await loadCampaign(unit.db, unit.workspaceId, data.campaignId));
  }),
];
