/** Campaigns: plans with a lifecycle. */
export type {
  BrandVoice,
  Campaign,
  CampaignAutomation,
  CampaignBudget,
  CampaignChannel,
  CampaignObjective,
  CampaignPlan,
  CampaignState,
  CampaignTargets,
  CampaignType,
  Kpi,
  Milestone,
} from "./campaign.ts";
export { CAMPAIGN_TYPES } from "./campaign.ts";
export type { CampaignDependencies } from "./dependencies.ts";
export type { CampaignChannelInput, CampaignInput, KpiInput, MilestoneInput } from "./input.ts";
export { CampaignService, type MoveOptions } from "./service.ts";
export { loadCampaign } from "./store.ts";
