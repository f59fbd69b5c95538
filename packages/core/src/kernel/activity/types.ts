/** Every kind of activity there is, and what each carries. The same record is the audit trail, the durable feed and the in-process event. */

import type { BounceKind } from "../../ports/inbound.ts";

/** What every activity of a post carries. */
export interface PostActivity {
  readonly postId: string;
  readonly campaignId: string;
  /** The host's name of the channel. */
  readonly channel: string;
}

/** What each activity type carries. Never secrets, addresses or other personal data: people are named by contact id. */
export interface ActivityData {
  readonly "member.set": { readonly member: string; readonly role: string };
  readonly "member.removed": { readonly member: string };
  readonly "policies.changed": { readonly changed: readonly string[] };
  readonly "attribute.defined": { readonly name: string; readonly type: string };
  readonly "attribute.removed": { readonly name: string };
  readonly "contact.created": { readonly contactId: string };
  /** `changed` names fields; attributes as `attributes.name`. Values are never in it. */
  readonly "contact.updated": { readonly contactId: string; readonly changed: readonly string[] };
  /** `fromContactId` is no more; what belonged to it belongs to `contactId`. */
  readonly "contact.merged": { readonly contactId: string; readonly fromContactId: string };
  readonly "contact.deleted": { readonly contactId: string };
  /** The person asked to be forgotten: whatever is kept about the contact must lose its personal data. */
  readonly "contact.erased": { readonly contactId: string };
  /** Many contacts were written at once. */
  readonly "contacts.written": {
    readonly importId: string | null;
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly refused: number;
  };
  readonly "import.started": { readonly importId: string; readonly resumedAfter: number };
  readonly "import.ended": {
    readonly importId: string;
    readonly state: "finished" | "stopped" | "failed";
    readonly rows: number;
    readonly created: number;
    readonly updated: number;
    readonly unchanged: number;
    readonly refused: number;
  };
  /** Tracked requests were judged again. */
  readonly "events.reclassified": {
    /** Of the rules. */
    readonly version: string;
    readonly toMachine: number;
    readonly toPerson: number;
    readonly otherReason: number;
  };
  readonly "consent.changed": {
    readonly contactId: string;
    readonly channel: string;
    readonly purpose: string;
    readonly state: string;
    readonly source: string;
  };
  readonly "topic.defined": { readonly key: string; readonly channel: string; readonly purpose: string };
  readonly "topic.removed": { readonly key: string };
  /** A contact opted into a topic or out of it. */
  readonly "topic.chosen": {
    readonly contactId: string;
    readonly topic: string;
    readonly state: string;
    readonly source: string;
  };
  /** A contact said how often it wishes to be written to. `snoozedUntil` is in epoch milliseconds. */
  readonly "cadence.changed": {
    readonly contactId: string;
    readonly channel: string;
    readonly maxPerWeek: number | null;
    readonly snoozedUntil: number | null;
    readonly source: string;
  };
  readonly "suppression.added": {
    readonly suppressionId: string;
    readonly channel: string;
    readonly reason: string;
    readonly source: string;
    readonly contactId: string | null;
  };
  readonly "suppression.removed": {
    readonly suppressionId: string;
    readonly channel: string;
    readonly reason: string;
  };
  readonly "segment.created": { readonly segmentId: string; readonly kind: string };
  readonly "segment.updated": { readonly segmentId: string; readonly changed: readonly string[] };
  readonly "segment.deleted": { readonly segmentId: string };
  readonly "segment.members-changed": {
    readonly segmentId: string;
    readonly joined: number;
    readonly left: number;
  };
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
  /** The start has come, but something stands in the way; it is tried again every minute. Told once for each obstacle. */
  readonly "campaign.launch-blocked": {
    readonly campaignId: string;
    readonly reason: string;
    readonly problems: readonly string[];
  };
  /** `shiftMs`: how far the plan was moved, by the clocks on the wall. */
  readonly "campaign.duplicated": {
    readonly campaignId: string;
    readonly sourceId: string;
    readonly shiftMs: number;
  };
  readonly "campaign.archived": { readonly campaignId: string };
  readonly "campaign.unarchived": { readonly campaignId: string };
  readonly "campaign.deleted": { readonly campaignId: string };
  readonly "campaign.restored": { readonly campaignId: string };
  readonly "campaign.milestone-marked": {
    readonly campaignId: string;
    readonly milestoneId: string;
    readonly reached: boolean;
  };
  readonly "campaign.kpis-updated": { readonly campaignId: string; readonly changed: readonly string[] };
  readonly "folder.created": { readonly folderId: string };
  readonly "folder.renamed": { readonly folderId: string };
  readonly "folder.moved": { readonly folderId: string };
  /** What was directly in it moved up: that many folders and campaigns. */
  readonly "folder.deleted": {
    readonly folderId: string;
    readonly folders: number;
    readonly campaigns: number;
  };
  readonly "exchange-rate.set": {
    readonly from: string;
    readonly to: string;
    readonly date: string;
    readonly rate: string;
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
  /** A reservation was refused, and nothing that is in flight could make room for it: the total, or this channel, is spent until it gets more. */
  readonly "budget.exhausted": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    readonly channel: string | null;
  };
  /** The day's limit is spent; there is room again at `retryAt` (epoch milliseconds), when the next local day starts. */
  readonly "budget.day-exhausted": {
    readonly campaignId: string;
    readonly day: string;
    readonly retryAt: number;
  };
  /** A cost that had happened left a scope beyond its limit. */
  readonly "budget.overspent": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    readonly channel: string | null;
    /** How much more than the limit is spent and reserved now. */
    readonly overspendMicros: number;
  };
  /** A person or the host moved money by hand; what the engine does by itself stands in the ledger alone. */
  readonly "budget.moved": {
    readonly campaignId: string;
    readonly movementId: string;
    readonly kind: "reserve" | "commit" | "release" | "adjust";
    readonly amountMicros: number;
    readonly currency: string;
  };
  /** There is room again for what was refused. */
  readonly "budget.replenished": {
    readonly campaignId: string;
    readonly scope: "total" | "daily" | "channel";
    readonly channel: string | null;
  };
  readonly "job.dead": { readonly jobId: string; readonly kind: string; readonly error: string };
  readonly "job.replayed": { readonly jobId: string; readonly kind: string };
  readonly "post.created": PostActivity;
  readonly "post.updated": PostActivity & { readonly changed: readonly string[] };
  readonly "post.planned": PostActivity;
  readonly "post.approved": PostActivity;
  readonly "post.approval-required": PostActivity;
  readonly "post.cancelled": PostActivity;
  /** Posts that had not started were cancelled with their campaign. */
  readonly "posts.cancelled": {
    readonly campaignId: string;
    readonly count: number;
    readonly reason: string;
  };
  /** It went to one address, outside the campaign. */
  readonly "post.test-sent": PostActivity;
  readonly "post.started": PostActivity;
  readonly "post.held": PostActivity & { readonly reason: string };
  readonly "post.resumed": PostActivity;
  readonly "post.finished": PostActivity & {
    readonly state: "sent" | "cancelled";
    readonly audience: number;
    readonly sent: number;
    readonly failed: number;
    readonly skipped: number;
    readonly uncertain: number;
  };
  /** The account failed so often in a row that nobody sends on it until then (epoch milliseconds), when a few messages probe it. */
  readonly "channel.suspended": {
    readonly channel: string;
    /** What the last failure was: `transient`, `auth`, or `unknown` where the answer was lost. */
    readonly failure: string;
    readonly failures: number;
    readonly until: number;
  };
  /** A probe was answered: the account works again. */
  readonly "channel.resumed": { readonly channel: string };
  readonly "deliveries.uncertain": { readonly postId: string; readonly count: number };
  readonly "delivery.resolved": {
    readonly deliveryId: string;
    readonly postId: string;
    readonly campaignId: string;
    readonly decision: "sent" | "failed" | "retry";
  };
  /** The message came back, or its recipient was refused. */
  readonly "delivery.bounced": {
    readonly deliveryId: string;
    readonly postId: string;
    readonly contactId: string | null;
    readonly kind: BounceKind;
    readonly status: string | null;
  };
  /** The recipient reported the message as spam. */
  readonly "delivery.complained": {
    readonly deliveryId: string;
    readonly postId: string;
    readonly contactId: string | null;
    readonly feedback: string;
  };
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
