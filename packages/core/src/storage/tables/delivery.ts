/** Posts, their deliveries, and the narrow tables that sending works on. */
import type { Generated } from "kysely";
import type {
  BigIntColumn,
  BooleanColumn,
  InstantColumn,
  JsonColumn,
  NullableInstantColumn,
  NullableJsonColumn,
} from "../columns.ts";

/** One rendition planned on one channel within a campaign. */
export interface PostsTable {
  id: string;
  workspace_id: string;
  campaign_id: string;
  channel: string;
  state: "draft" | "planned" | "awaiting-approval" | "sending" | "sent" | "cancelled";
  role: "intro" | "content" | "promotion" | "conclusion";
  sequence: number;
  purpose: "marketing" | "transactional";
  on_unknown: "hold" | "retry" | "idempotent" | "lookup";
  content: JsonColumn;
  /** Rises with every change of the content; prepared posts are kept by it. */
  content_version: number;
  scheduled_at: NullableInstantColumn;
  /** The wall-clock time, `YYYY-MM-DDTHH:mm`, at which each contact gets it in its own zone. */
  send_at: string | null;
  /** What becomes of contacts whose clocks are past it when the post starts. */
  send_passed: "send-now" | "next-day" | null;
  /** Quiet hours of the post's own, beside the workspace's. */
  quiet_hours: NullableJsonColumn;
  /** For how many of its deliveries the campaign's zone stood in for one that is not known. */
  zone_fallbacks: Generated<number>;
  approved_by: string | null;
  approved_at: NullableInstantColumn;
  /** The content version that was approved; a change after it needs a new approval. */
  approved_version: number | null;
  /** Since when no process that tried to start it has had its channel. */
  channel_missing_since: NullableInstantColumn;
  fanned_out: BooleanColumn;
  started_at: NullableInstantColumn;
  finished_at: NullableInstantColumn;
  /** The state it had when it was closed with its campaign; null when a person called it off, or nobody. */
  readonly closed_from: string | null;
  version: number;
  created_at: InstantColumn;
  updated_at: InstantColumn;
  /** The key of the topic it is about; who opted out of that gets nothing. */
  topic: string | null;
}

/** One row per post with deliveries under way: the door that claims pass through. */
export interface DispatchesTable {
  post_id: string;
  workspace_id: string;
  campaign_id: string;
  channel: string;
  state: "open" | "held" | "closed";
  /** Why it is held or closed; of an open one, that nobody has its channel. */
  reason: string | null;
  /** Since when the reason holds it. */
  held_since: NullableInstantColumn;
  /** 0: transactional, goes first; 1: marketing. */
  lane: number;
  /** Not before: after a rate limit, until quiet hours are over, or until a day's limit is new. */
  next_at: InstantColumn;
  /** When it was last served. */
  turn_at: InstantColumn;
  /** The number of that turn, rising over all posts: who has the lowest waits longest. */
  turn: BigIntColumn;
}

/** One attempt-tracked send of a post: one per recipient, or one in all for a public channel. */
export interface DeliveriesTable {
  id: string;
  workspace_id: string;
  campaign_id: string;
  post_id: string;
  contact_id: string | null;
  /** Of which of the campaign's segments the contact was a member when it was written: a set of analytics. */
  segment_set: string | null;
  state: "pending" | "sending" | "sent" | "failed" | "skipped" | "uncertain";
  /** Why it was skipped, failed or is uncertain; empty otherwise. */
  reason: string;
  attempts: number;
  on_unknown: "hold" | "retry" | "idempotent" | "lookup";
  external_id: string | null;
  url: string | null;
  error: string | null;
  cost_micros: BigIntColumn;
  created_at: InstantColumn;
  /** When the state last changed. */
  settled_at: NullableInstantColumn;
}

/** What may be claimed: one narrow row per pending delivery that nobody holds. */
export interface DeliveryReadyTable {
  post_id: string;
  due_at: InstantColumn;
  delivery_id: string;
}

/** One row per batch in a worker's hands. Its id is the fence: whatever the worker writes needs the row to be there still. */
export interface DeliveryClaimsTable {
  id: string;
  workspace_id: string;
  post_id: string;
  owner: string;
  lease_until: InstantColumn;
  /** What it still has in hand, or has settled for good; what may be opened again without it is no longer among them. */
  delivery_ids: JsonColumn;
  reservation_id: string | null;
  /** What one message cost when the money was set aside. */
  unit_micros: BigIntColumn;
  /** The day of its channel that the batch counts on, `YYYY-MM-DD`; `null` where the channel has no daily limit. */
  cap_day: string | null;
  /** The number of its worker's last write: one that is repeated after a lost answer is recognised by it. */
  writes: number;
}

/** How many deliveries of a post are in a state, in parts that several workers can add to. The sum over parts is exact. */
export interface DeliveryCountsTable {
  post_id: string;
  part: number;
  state: string;
  reason: string;
  n: BigIntColumn;
}

/** The recent sends to a contact by address kind, for frequency caps: `[[at, deliveryId], …]`. */
export interface ContactFrequencyTable {
  workspace_id: string;
  contact_id: string;
  address: string;
  marks: JsonColumn;
}

/** How many deliveries of a post were tried in each minute, for as long as it is under way: what its end is estimated from. */
export interface DeliveryPaceTable {
  post_id: string;
  /** Minutes since the Unix epoch. */
  minute: BigIntColumn;
  n: BigIntColumn;
}

/** How a channel's account does, over all processes and workspaces. Only channels that have a limit, or had trouble, have one. */
export interface ChannelAccountsTable {
  channel: string;
  state: "working" | "suspended" | "probing";
  /** Failures in a row that say something about the account, not about one message. */
  failures: number;
  /** What the last of them was. */
  failure: string | null;
  /** In the far side's words. */
  error: string | null;
  suspended_at: NullableInstantColumn;
  /** How long the account pauses before it is probed; doubles with each probe that fails. */
  pause_ms: BigIntColumn;
  /** Nobody takes anything for it before then: it is suspended, being probed, or the far side has asked for rest. */
  blocked_until: InstantColumn;
  /** Until when starts have been granted, in microseconds since the epoch: each moves it on by its share of a second. */
  granted_until: BigIntColumn;
  /** How many starts the last statement granted. */
  last_grant: number;
  /** When the far side last throttled, to how many starts a second it was slowed then, and from how many. */
  slowed_at: NullableInstantColumn;
  slowed_to: number | null;
  slowed_from: number | null;
}

/** What of a channel's daily limit is used: counted when a batch is taken, given back for what certainly did not go out. */
export interface ChannelDaysTable {
  channel: string;
  /** `YYYY-MM-DD` in the limit's zone. */
  day: string;
  used: BigIntColumn;
}

/** Delivery's part of the database. */
export interface DeliveryTables {
  ck_posts: PostsTable;
  ck_dispatches: DispatchesTable;
  ck_deliveries: DeliveriesTable;
  ck_delivery_ready: DeliveryReadyTable;
  ck_delivery_claims: DeliveryClaimsTable;
  ck_delivery_counts: DeliveryCountsTable;
  ck_delivery_pace: DeliveryPaceTable;
  ck_channel_accounts: ChannelAccountsTable;
  ck_channel_days: ChannelDaysTable;
  ck_contact_frequency: ContactFrequencyTable;
}
