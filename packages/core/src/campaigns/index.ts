/** Campaigns: plans with a lifecycle. */

export { noteBudget } from "./budget-note.ts";
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
export { campaignFacts } from "./facts.ts";
export type {
  CampaignFolder,
  CampaignFolderNode,
  CampaignFolderService,
  FolderContent,
} from "./folders/index.ts";
export type {
  CampaignChanges,
  CampaignChannelInput,
  CampaignFields,
  CampaignInput,
  ConfiguredChannel,
  KpiInput,
  MilestoneInput,
} from "./input.ts";
export { campaignJobs } from "./jobs.ts";
export type { LifecycleEvent } from "./lifecycle.ts";
export type { CampaignQuery, CampaignSort, OneOrMore } from "./list/index.ts";
export { campaignReactions } from "./reactions.ts";
export type { Readiness, ReadinessItem } from "./readiness.ts";
export { CampaignService, type MoveOptions } from "./service.ts";
export { keepCampaign, loadCampaign } from "./store.ts";
export type { TagQuery } from "./tags.ts";
export { type PlanShift, shiftAlong } from "./wall-clock.ts";
