/** Lists of campaigns. */
export { listCampaigns } from "./list.ts";
export type { CampaignQuery, CampaignSort, OneOrMore } from "./query.ts";
