/** What analytics must know of campaigns, contacts, posts and clicks, wired by the engine: arrows between features stay one-way. */
import type { Db } from "../storage/db.ts";

/** A post as events name it. */
export interface PostFacts {
  readonly campaignId: string | null;
  readonly channel: string;
}

/** The delivery that a click token names. */
export interface ClickFacts extends PostFacts {
  readonly postId: string;
  readonly deliveryId: string;
  readonly contactId: string | null;
  readonly variant: string | null;
  /** The set of segments that it was addressed to. */
  readonly segmentSet: string | null;
}

/** A contact to whom something happened in a campaign. */
export interface AddressedQuery {
  readonly campaignId: string;
  readonly contactId: string;
  /** The post in which it happened, where that is known. */
  readonly postId: string | null;
  /** When, in epoch milliseconds. */
  readonly at: number;
}

/** A campaign as reports name it. */
export interface CampaignFacts {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
  readonly startsAt: number;
}

/** Looks records up by set; what is not in the answer is not in the workspace. */
export interface EventDirectory {
  /** `null`: all campaigns of the workspace. */
  campaigns(
    db: Db,
    workspaceId: string,
    ids: readonly string[] | null,
  ): Promise<ReadonlyMap<string, CampaignFacts>>;
  posts(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, PostFacts>>;
  contacts(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Contact ids by the host's ids of them. */
  contactsByExternalId(
    db: Db,
    workspaceId: string,
    externalIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** How many tracked links posts have; what is not in the answer has none. */
  linkCounts(db: Db, workspaceId: string, postIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The deliveries that click tokens name, as far as we signed them. Not inside a transaction: the key is read from the database. */
  readClickTokens(tokens: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What those deliveries are, as far as they are this workspace's. */
  clicks(
    db: Db,
    workspaceId: string,
    deliveryIds: readonly string[],
  ): Promise<ReadonlyMap<string, ClickFacts>>;
  /**
   * The set of segments that each contact had been addressed as a member of: by the delivery of the post, or else by the campaign's last before that
   * moment. In the order of the queries; `null` where there is none.
   */
  addressedSegments(
    db: Db,
    workspaceId: string,
    queries: readonly AddressedQuery[],
  ): Promise<readonly (string | null)[]>;
}
