/** What analytics must know of campaigns, contacts, posts and clicks, wired by the engine: arrows between features stay one-way. */
import type { Db } from "../storage/db.ts";

/** A post as events name it. */
export interface PostFacts {
  readonly campaignId: string | null;
  readonly channel: string;
}

/** What a click token leads back to. */
export interface ClickFacts extends PostFacts {
  readonly postId: string;
  readonly deliveryId: string;
  readonly contactId: string | null;
  readonly variant: string | null;
}

/** Looks records up by set; what is not in the answer is not in the workspace. */
export interface EventDirectory {
  /** Each known campaign's currency. */
  campaigns(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  posts(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, PostFacts>>;
  contacts(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Contact ids by the host's ids of them. */
  contactsByExternalId(
    db: Db,
    workspaceId: string,
    externalIds: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
  /** What each token leads back to, if we signed it for this workspace. */
  clicks(db: Db, workspaceId: string, tokens: readonly string[]): Promise<ReadonlyMap<string, ClickFacts>>;
}
