/** What a host writes to make or change a campaign, typed by the host's own channels. */
import type { Money } from "../math/money.ts";
import type { MisfireRule } from "../policies/index.ts";
import type { ChannelRecord, ConfigInputOf } from "../ports/channel.ts";
import type {
  BrandVoice,
  CampaignAutomation,
  CampaignObjective,
  CampaignTargets,
  CampaignType,
} from "./campaign.ts";

/** A channel of the campaign, with settings of the channel's own. */
export interface ConfiguredChannel<Channels extends ChannelRecord, Name extends keyof Channels & string> {
  readonly channel: Name;
  readonly config?: ConfigInputOf<Channels[Name]>;
}

/**
 * A channel of the campaign: its name alone, or with settings of the channel's own.
 *
 * The settings stand in an interface, because the compiler would else take the services of one host's channels for others than those of any
 * host's, and refuse them where a function takes any.
 */
export type CampaignChannelInput<Channels extends ChannelRecord = ChannelRecord> = {
  readonly [Name in keyof Channels & string]: Name | ConfiguredChannel<Channels, Name>;
}[keyof Channels & string];

/** A measure of success. Where `current` is absent, an update leaves the KPI of that name where it stands. */
export interface KpiInput {
  readonly name: string;
  readonly target: number;
  readonly unit: string;
  readonly current?: number | null;
}

/** A point in the plan. With the `id` of a known milestone it is that one, renamed or moved; without, a new one. */
export interface MilestoneInput {
  readonly id?: string;
  readonly name: string;
  readonly dueAt: Date;
}

/** The fields of a new campaign. Only name, time zone and start are needed. */
export interface CampaignFields<ChannelInput> {
  readonly name: string;
  readonly description?: string;
  /** `multichannel` when absent. */
  readonly type?: CampaignType;
  readonly objectives?: readonly CampaignObjective[];
  /** IANA zone that its days and times are meant in. */
  readonly timeZone: string;
  readonly startsAt: Date;
  /** After the start; `null` or absent: it runs until somebody ends it. */
  readonly endsAt?: Date | null;
  readonly themes?: readonly string[];
  readonly brandVoice?: Partial<BrandVoice> | null;
  /** More than 0; may be a fraction (0.5: one every other day). */
  readonly postsPerDay?: number | null;
  /** Shares of kinds of content in percent, such as `{ photo: 60, video: 40 }`; they sum to 100. */
  readonly contentMix?: Readonly<Record<string, number>>;
  readonly channels?: readonly ChannelInput[];
  readonly segmentIds?: readonly string[];
  /** Total and daily in one currency; daily at most total. */
  readonly budget?: { readonly total?: Money | null; readonly daily?: Money | null };
  /** ISO 4217; when absent that of the budget, else the workspace's default. */
  readonly currency?: string;
  readonly targets?: Partial<CampaignTargets>;
  readonly kpis?: readonly KpiInput[];
  readonly automation?: Partial<CampaignAutomation>;
  readonly milestones?: readonly MilestoneInput[];
  readonly folderId?: string | null;
  readonly tags?: readonly string[];
  /** A user id of the host; the actor who creates it, when absent. */
  readonly owner?: string | null;
  readonly misfire?: MisfireRule | null;
}

/** A new campaign, its channels those of the host. */
export type CampaignInput<Channels extends ChannelRecord = ChannelRecord> = CampaignFields<
  CampaignChannelInput<Channels>
>;

/**
 * A change of a campaign: the fields to set, and the version it was read at. A list replaces the list before; of `budget`, `targets`,
 * `automation` and `brandVoice` the parts that are absent stay.
 */
export type CampaignChanges<Channels extends ChannelRecord = ChannelRecord> = Partial<
  CampaignInput<Channels>
> & {
  /** The version that the change was made on. */
  readonly version: number;
};
