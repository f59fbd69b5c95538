/** What people did (events), the sums that reports read (roll-ups, first touches), and the links that messages carry. */
import type {
  BigIntColumn,
  BooleanColumn,
  InstantColumn,
  NullableBigIntColumn,
  NullableInstantColumn,
  NullableJsonColumn,
} from "../columns.ts";

/** Something that happened to a person or a post. Written once, never changed by later events. */
export interface EventsTable {
  workspace_id: string;
  /** The host's id of the event, or ours; the same id is the same event. */
  id: string;
  type: string;
  /** When it happened, however late it arrived. */
  at: InstantColumn;
  received_at: InstantColumn;
  campaign_id: string | null;
  post_id: string | null;
  delivery_id: string | null;
  contact_id: string | null;
  channel: string | null;
  variant: string | null;
  segment: string | null;
  /** The set of segments that it counts for; `null`: none. */
  segment_set: string | null;
  /** How many such happenings the row stands for: 1, unless a network reports only sums. */
  count: BigIntColumn;
  value_micros: NullableBigIntColumn;
  currency: string | null;
  /** Why it is taken for the act of a machine; `null`: a person. */
  machine: string | null;
  properties: NullableJsonColumn;
}

/**
 * Sums of events. `span` 0: of all time (`bucket` 0); `span` 1: of the quarter of an hour that starts at `bucket`;
 * `span` 2: of the day of UTC that does.
 *
 * What an event does not have is the nil UUID or the empty text here, because a key can't hold nulls.
 */
export interface EventRollupsTable {
  workspace_id: string;
  span: number;
  campaign_id: string;
  bucket: InstantColumn;
  type: string;
  channel: string;
  post_id: string;
  variant: string;
  /** The empty text where it counts for no segment. */
  segment_set: string;
  currency: string;
  machine: BooleanColumn;
  count: BigIntColumn;
  value_micros: BigIntColumn;
}

/** When a contact first did such a thing in a post on a channel, as a member of these segments. Unique counts are distinct contacts of it. */
export interface FirstTouchesTable {
  workspace_id: string;
  campaign_id: string;
  type: string;
  machine: BooleanColumn;
  contact_id: string;
  post_id: string;
  channel: string;
  segment_set: string;
  first_at: InstantColumn;
}

/** A segment in a set of segments. The set's id is a hash of what is in it, so that it never changes. */
export interface SegmentSetsTable {
  workspace_id: string;
  set_id: string;
  /** The id of a segment, or the name that a host's event gave. */
  segment: string;
}

/** A link target of a post. Its id is a hash of the target, so that a link once sent stays what it was. */
export interface LinksTable {
  workspace_id: string;
  post_id: string;
  link_id: string;
  url: string;
  created_at: InstantColumn;
}

/** What is kept of the request that an event is, so that it can be judged again. */
export interface EventRequestsTable {
  workspace_id: string;
  delivery_id: string;
  event_id: string;
  /** The link that was followed; `null` for an open. */
  link: string | null;
  method: string;
  purpose: string | null;
  /** Its first 256 characters. */
  user_agent: string | null;
  /** The first 24 bits of an IPv4, 48 of an IPv6 address. */
  network: string | null;
  /** When the message had been sent, as far as was known at the request. */
  sent_at: NullableInstantColumn;
  /** The proxy through which a person opened. */
  proxy: string | null;
  /** The version of the rules that last judged it. */
  judged_by: string;
}

/** Analytics' and tracking's part of the database. */
export interface AnalyticsTables {
  ck_events: EventsTable;
  ck_event_requests: EventRequestsTable;
  ck_event_rollups: EventRollupsTable;
  ck_first_touches: FirstTouchesTable;
  ck_links: LinksTable;
  ck_segment_sets: SegmentSetsTable;
}
