/** What a campaign is: a plan with an objective, a time span, channels, budget, targets, and a lifecycle state. */
import type { Money } from "../math/money.ts";
import type { MisfireRule } from "../policies/index.ts";

/** Where a campaign is in its life. Completed and cancelled are final. */
export type CampaignState = "draft" | "scheduled" | "active" | "paused" | "completed" | "cancelled";

/** The kinds of campaign that have a name here; a host may use its own beside them. */
export const CAMPAIGN_TYPES = [
  "email",
  "social",
  "paid_search",
  "display",
  "influencer",
  "affiliate",
  "content",
  "event",
  "multichannel",
  "enrollment",
  "retention",
  "nurture",
] as const;

/** A kind of campaign: a known one or the host's own. */
export type CampaignType = (typeof CAMPAIGN_TYPES)[number] | (string & Record<never, never>);

/** What a campaign is for: a known objective or the host's own. */
export type CampaignObjective =
  | "awareness"
  | "engagement"
  | "traffic"
  | "conversion"
  | "sales"
  | (string & Record<never, never>);

/** A channel that the campaign uses. */
export interface CampaignChannel {
  /** The host's name of the channel. */
  readonly channel: string;
  /** The settings as they were given, valid for the channel's config schema; parse them with it before use. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** How the campaign should speak. */
export interface BrandVoice {
  /** Such as "warm, plain, a little dry". */
  readonly tone: string | null;
  /** Rules for whoever writes, person or model. */
  readonly guidelines: string | null;
  /** Words and phrases to use. */
  readonly vocabulary: readonly string[];
  /** Words and phrases that must not appear. */
  readonly bannedWords: readonly string[];
}

/** What may be spent, in the campaign's currency. `null`: no limit. */
export interface CampaignBudget {
  readonly total: Money | null;
  /** For each day in the campaign's time zone. */
  readonly daily: Money | null;
}

/** What the campaign should reach. `null`: no such target. */
export interface CampaignTargets {
  /** People. */
  readonly reach: number | null;
  /** Engagements per person reached, 0 to 1. */
  readonly engagementRate: number | null;
  readonly conversions: number | null;
}

/** A measure of success of the campaign's own. */
export interface Kpi {
  /** Unique in the campaign. */
  readonly name: string;
  readonly target: number;
  /** Where it stands; `null` until it was measured. */
  readonly current: number | null;
  /** Such as "EUR", "%", "sign-ups". */
  readonly unit: string;
}

/** What the engine may do by itself. */
export interface CampaignAutomation {
  readonly generateContent: boolean;
  readonly optimizeTiming: boolean;
  readonly adjustBudget: boolean;
}

/** A point in the plan. */
export interface Milestone {
  readonly id: string;
  readonly name: string;
  readonly dueAt: Date;
  /** `null` until it was reached. */
  readonly reachedAt: Date | null;
}

/** What a person decides about a campaign: everything but its life. */
export interface CampaignPlan {
  readonly name: string;
  readonly description: string;
  readonly type: CampaignType;
  readonly objectives: readonly CampaignObjective[];
  /** IANA zone that its days and times are meant in. */
  readonly timeZone: string;
  readonly startsAt: Date;
  /** `null`: it runs until somebody ends it. */
  readonly endsAt: Date | null;
  readonly themes: readonly string[];
  readonly brandVoice: BrandVoice | null;
  readonly postsPerDay: number | null;
  /** Shares of kinds of content, in percent; they sum to 100. Empty: no mix is asked for. */
  readonly contentMix: Readonly<Record<string, number>>;
  readonly channels: readonly CampaignChannel[];
  readonly segmentIds: readonly string[];
  readonly budget: CampaignBudget;
  /** ISO 4217: what everything in the campaign is counted in. */
  readonly currency: string;
  readonly targets: CampaignTargets;
  readonly kpis: readonly Kpi[];
  readonly automation: CampaignAutomation;
  readonly milestones: readonly Milestone[];
  readonly folderId: string | null;
  readonly tags: readonly string[];
  /** Whose campaign it is: a user id of the host. */
  readonly owner: string | null;
  /** What happens after a missed start; `null`: as the workspace's policy says. */
  readonly misfire: MisfireRule | null;
}

/** A campaign: its plan, and where it is in its life. */
export interface Campaign extends CampaignPlan {
  readonly id: string;
  readonly state: CampaignState;
  /** Why it is in this state, if that was said. */
  readonly stateReason: string | null;
  /** What a person must decide before it goes on. `missed-start`: launch it, move its start, or cancel it. */
  readonly needsDecision: "missed-start" | null;
  /** The campaign it was duplicated from. */
  readonly sourceId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly scheduledAt: Date | null;
  readonly launchedAt: Date | null;
  /** Since when it is paused; `null` unless it is. */
  readonly pausedAt: Date | null;
  /** Since when it waits for what is under way, before it is completed. */
  readonly completingSince: Date | null;
  readonly completedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly archivedAt: Date | null;
  readonly deletedAt: Date | null;
  /** Counts the changes of plan and state; give it back to `update`. */
  readonly version: number;
}
