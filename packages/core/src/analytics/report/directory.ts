/** What a report says besides figures, wired by the engine. */
import type { Db } from "../../storage/db.ts";

/** What became of the people that a campaign was for. */
export interface ReportedDelivery {
  readonly audience: number;
  readonly pending: number;
  readonly sent: number;
  readonly failed: number;
  readonly skipped: number;
  readonly uncertain: number;
  /** How many for each reason. */
  readonly reasons: {
    readonly failed: Readonly<Record<string, number>>;
    readonly skipped: Readonly<Record<string, number>>;
    readonly uncertain: Readonly<Record<string, number>>;
  };
}

/** A campaign as its report names it. */
export interface ReportedCampaign {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  /** IANA. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
}

/** A post as a report names it. */
export interface ReportedPost {
  readonly postId: string;
  /** The host's name of the channel. */
  readonly channel: string;
  /** What people see first of it, merge fields unfilled; `null` where the content has no such text. */
  readonly title: string | null;
}

/** Looks up what reports name. */
export interface ReportDirectory {
  /** @throws {NOT_FOUND} */
  campaign(db: Db, workspaceId: string, campaignId: string): Promise<ReportedCampaign>;
  /** The campaign's posts in their order, and what became of all their deliveries. */
  delivery(
    db: Db,
    workspaceId: string,
    campaignId: string,
  ): Promise<{ readonly posts: readonly ReportedPost[]; readonly progress: ReportedDelivery }>;
  /** The names of segments, deleted ones too where they are known. What is no segment's id is not in the answer. */
  segmentNames(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
