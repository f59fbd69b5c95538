/** Every kind of activity there is, and what each carries. The same record is the audit trail, the durable feed and the in-process event. */

/** What each activity type carries. Never secrets, addresses or other personal data: people are named by contact id. */
export interface ActivityData {
  readonly "member.set": { readonly member: string; readonly role: string };
  readonly "member.removed": { readonly member: string };
  readonly "policies.changed": { readonly changed: readonly string[] };
  readonly "campaign.created": { readonly campaignId: string };
  readonly "campaign.updated": { readonly campaignId: string; readonly changed: readonly string[] };
  readonly "campaign.scheduled": { readonly campaignId: string; readonly reason: string | null };
  readonly "campaign.launched": { readonly campaignId: string; readonly reason: string | null };
  readonly "campaign.paused": { readonly campaignId: string; readonly reason: string | null };
  readonly "campaign.resumed": { readonly campaignId: string; readonly reason: string | null };
  /** Nothing new goes out; it waits for `openDeliveries` that are under way before it is completed. */
  readonly "campaign.completing": {
    readonly campaignId: string;
    readonly reason: string | null;
    readonly openDeliveries: number;
  };
  readonly "campaign.completed": { readonly campaignId: string; readonly reason: string | null };
  readonly "campaign.cancelled": { readonly campaignId: string; readonly reason: string | null };
  /** The start was missed by more than the grace; `policy` says what was done about it. */
  readonly "campaign.misfired": {
    readonly campaignId: string;
    readonly policy: "send" | "skip" | "ask";
    readonly lateMs: number;
  };
  readonly "budget.set": { readonly campaignId: string };
  /** A share of the total or of a channel is spent. Recorded once, until a change of the limit arms it again. */
  readonly "budget.threshold": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    /** The channel, where the scope is one. */
    readonly channel: string | null;
    readonly percent: number;
  };
  /** A reservation was refused: the total, or this channel, has no room until the limit is raised or money is given back. */
  readonly "budget.exhausted": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    readonly channel: string | null;
  };
  /** A reservation was refused by the day's limit; there is room again at `retryAt` (epoch milliseconds), when the next local day starts. */
  readonly "budget.day-exhausted": {
    readonly campaignId: string;
    readonly day: string;
    readonly retryAt: number;
  };
  /** What was exhausted has room again. */
  readonly "budget.replenished": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    readonly channel: string | null;
  };
  readonly "job.dead": { readonly jobId: string; readonly kind: string; readonly error: string };
  readonly "job.replayed": { readonly jobId: string; readonly kind: string };
}

/** The name of an activity type. */
export type ActivityType = keyof ActivityData;

/** What an activity is about. */
export interface Subject {
  /** The entity, in the words of the documentation: `campaign`, `post`, `contact` … */
  readonly type: string;
  readonly id: string;
}

/** What every activity says, whatever its type. */
export interface ActivityMeta<Type extends ActivityType = ActivityType> {
  readonly id: string;
  readonly type: Type;
  readonly workspaceId: string;
  /** The host's user id, or `system`. */
  readonly actor: string;
  readonly at: Date;
  readonly subject: Subject;
}

/** An activity as a listener receives it: what every activity says, and what its type carries. */
export type EngineEvent<Type extends ActivityType = ActivityType> = {
  readonly [T in Type]: ActivityMeta<T> & ActivityData[T];
}[Type];

/** An activity as the log keeps it. */
export interface Activity<Type extends ActivityType = ActivityType> extends ActivityMeta<Type> {
  readonly data: ActivityData[Type];
  /** The changed fields before and after, where the change has them. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  /** Its number in the sealed feed; `null` until the sealer has passed. */
  readonly seq: number | null;
}
