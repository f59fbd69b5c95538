/** Events: something that happened to a person or a post. */
import type { Money } from "../math/money.ts";
import type { RequestFacts } from "./machines/request.ts";

/** The event types that campaignkit itself knows. A host adds its own in lower case: `like`, `signup`, `cart.abandoned`. */
export const EVENT_TYPES = [
  "sent",
  "impression",
  "view",
  "open",
  "click",
  "conversion",
  "bounce",
  "complaint",
  "unsubscribe",
] as const;

/** A type of event: one of campaignkit's, or the host's own. */
export type EventType = (typeof EVENT_TYPES)[number] | (string & {});

/** An event as features record it: checked, with ids of ours. */
export interface NewEvent {
  /** The same id is the same event, and is recorded once. At most 200 characters. */
  readonly id: string;
  readonly type: EventType;
  /** When it happened, in epoch milliseconds. */
  readonly at: number;
  readonly campaignId?: string | null;
  readonly postId?: string | null;
  readonly deliveryId?: string | null;
  readonly contactId?: string | null;
  /** The host's name of the channel. */
  readonly channel?: string | null;
  readonly variant?: string | null;
  /** The segment that it names itself. */
  readonly segment?: string | null;
  /** The set of segments that it counts for, where it names none: `segmentSetOf` those that the delivery was addressed to. */
  readonly segmentSet?: string | null;
  /** How many happenings it stands for; 1 when absent. */
  readonly count?: number;
  readonly value?: Money | null;
  /** Why it is taken for the act of a machine, such as `prefetch`; absent for a person's. */
  readonly machine?: string | null;
  readonly properties?: Readonly<Record<string, unknown>> | null;
  /** Of an event that is a tracked request: what it is judged by, now and again. */
  readonly request?: RequestFacts | null;
}

/** What stands in a roll-up's key for an id that the event does not have. */
export const NO_ID = "00000000-0000-0000-0000-000000000000";
