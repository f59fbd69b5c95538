/** What a budget does in the same transaction when its campaign changes. */
import { type Reaction, react } from "../kernel/reactions.ts";
import { followChange, followCreation, followDuplication } from "./follow.ts";
import { forgetShortages } from "./store/shortages.ts";

/** The fields of a campaign that its budget follows. */
const FOLLOWED: readonly string[] = ["budget", "currency", "timeZone"];

/** The reactions of budgets to campaigns. */
export const budgetReactions: readonly Reaction[] = [
  react("campaign.created", (unit, { data }) => followCreation(unit, data.campaignId)),
  react("campaign.updated", async (unit, { data }) => {
    if (data.changed.some((field) => FOLLOWED.includes(field))) await followChange(unit, data.campaignId);
  }),
  react("campaign.duplicated", (unit, { data }) => followDuplication(unit, data.campaignId, data.sourceId)),
  // Whoever sets a campaign going again wants to be told again when there is no room.
  react("campaign.launched", ({ db, workspaceId }, { data }) =>
    forgetShortages(db, { workspaceId, ...data }),
  ),
  react("campaign.resumed", ({ db, workspaceId }, { data }) => forgetShortages(db, { workspaceId, ...data })),
];
