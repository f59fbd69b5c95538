/** What each feature brings to the engine: its services for a workspace, its jobs, its loops. The one place that lists them. */
import { analyticsJobs, analyticsReactions, eventExporter } from "../analytics/index.ts";
import { audienceJobs, type ContactExporter } from "../audience/index.ts";
import { budgetJobs, budgetReactions, isBudgetExhausted } from "../budgets/index.ts";
import { type CampaignDependencies, campaignJobs, campaignReactions } from "../campaigns/index.ts";
import {
  closePending,
  Dispatcher,
  type DispatcherOptions,
  deliveryExporter,
  deliveryJobs,
  deliveryReactions,
  openDeliveries,
} from "../delivery/index.ts";
import type { JobHandler } from "../kernel/jobs/job.ts";
import type { RecurringJob } from "../kernel/jobs/schedules.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Reaction } from "../kernel/reactions.ts";

/** What campaigns need of delivery and budgets. */
export const CAMPAIGN_DEPENDENCIES: CampaignDependencies = {
  openDeliveries,
  closePending,
  isBudgetExhausted,
};

/** What features add to the export of a contact. */
export const CONTACT_EXPORTERS: readonly ContactExporter[] = [deliveryExporter, eventExporter];

/** The job handlers of all features. */
export const FEATURE_JOBS: readonly JobHandler[] = [
  ...analyticsJobs,
  ...budgetJobs,
  ...campaignJobs(CAMPAIGN_DEPENDENCIES),
  ...deliveryJobs,
  ...audienceJobs,
];

/** The recurring jobs of all features. */
export const FEATURE_SCHEDULES: readonly RecurringJob[] = [];

/**
 * What features do in the same transaction when others record a change. Delivery comes before budgets, as everywhere: a post's dispatch is
 * locked before the counters of the campaign's money.
 */
export const FEATURE_REACTIONS: readonly Reaction[] = [
  ...analyticsReactions,
  ...campaignReactions,
  ...deliveryReactions,
  ...budgetReactions,
];

/** The loops of all features. */
export function featureLoops(kernel: Kernel, sending: DispatcherOptions): readonly Loop[] {
  return [new Dispatcher(kernel, sending)];
}
