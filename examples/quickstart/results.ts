/** What a campaign came to: read from the engine, and from the far sides that it dealt with. */
import type { BudgetStand, DeliveryProgress, Funnel, Metrics, Roi, RollupVerdict } from "@campaignkit/core";
import type { ShopWorkspace } from "./engine.ts";
import type { AcceptedMail, Maildir } from "./mail/maildir.ts";

/** How many messages were accepted within a stretch of time. */
export interface SendingBucket {
  /** Seconds since the first. */
  readonly second: number;
  /** How many were accepted by the end of it, altogether. */
  readonly sent: number;
}

/** Everything that the summary and the report show. */
export interface Results {
  readonly campaignName: string;
  readonly progress: DeliveryProgress;
  readonly metrics: Pick<
    Metrics,
    "sent" | "uniqueOpens" | "clicks" | "uniqueClicks" | "unsubscribes" | "conversions" | "converters" | "cvr"
  >;
  /** What machines did: not in the metrics. */
  readonly machineClicks: number;
  readonly funnel: Funnel;
  readonly roi: Pick<Roi, "revenue" | "spend" | "costs" | "profit" | "roi">;
  /** The budget's total. */
  readonly budget: Pick<BudgetStand, "overspend" | "reserved">;
  readonly rollups: RollupVerdict;
  readonly sending: readonly SendingBucket[];
  readonly accepted: AcceptedMail;
  /** Whose mail was read: everybody's who got one, or a sample's. */
  readonly readers: number;
}

/** What share of those who read their mail did it; `null` where nobody read any. */
export function ofReaders(people: number, { readers }: Pick<Results, "readers">): number | null {
  return readers === 0 ? null : people / readers;
}

/** Whether only a sample of those who got a mail read it. */
export function isSample({ readers, accepted }: Results): boolean {
  return readers < accepted.messages;
}

const PAGE = 500;
/** A picture needs no more points. */
const MAX_BUCKETS = 240;

/** Reads the results of a campaign with one post. */
export async function readResults(
  shop: ShopWorkspace,
  campaign: { readonly id: string; readonly postId: string },
  mail: Maildir,
): Promise<Results> {
  const campaignIds = [campaign.id];
  const { name } = await shop.campaigns.get(campaign.id);
  const people = await shop.analytics.metrics({ campaignIds, groupBy: ["campaign"] });
  const all = await shop.analytics.metrics({ campaignIds, groupBy: ["campaign"], includeMachines: true });
  const [row, rowOfAll] = [people.rows[0], all.rows[0]];
  if (row === undefined || rowOfAll === undefined) throw new Error("The campaign has no figures.");
  return {
    campaignName: name,
    progress: await shop.posts.progress(campaign.postId),
    metrics: row.metrics,
    machineClicks: rowOfAll.metrics.clicks - row.metrics.clicks,
    funnel: await shop.analytics.funnel({ campaignIds, stages: ["sent", "open", "click", "conversion"] }),
    roi: await shop.analytics.roi(campaign.id),
    budget: (await shop.budgets.get(campaign.id)).total,
    rollups: await shop.analytics.verifyRollups(campaign.id),
    sending: sendingBuckets(await settledSeconds(shop, campaign.postId)),
    accepted: await mail.accepted(),
    readers: await mail.readCount(),
  };
}

/** How many messages were accepted in each second of the clock. */
async function settledSeconds(shop: ShopWorkspace, postId: string): Promise<ReadonlyMap<number, number>> {
  const perSecond = new Map<number, number>();
  for (let cursor: string | null = null; ; ) {
    const page = await shop.deliveries.list({ postId, states: ["sent"], limit: PAGE, cursor });
    for (const { settledAt } of page.items) {
      const second = Math.floor((settledAt?.getTime() ?? 0) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    cursor = page.nextCursor;
    if (cursor === null) return perSecond;
  }
}

/** The running total, from the second before the first message, in at most so many points. Pure. */
export function sendingBuckets(perSecond: ReadonlyMap<number, number>): readonly SendingBucket[] {
  const seconds = [...perSecond].sort(([a], [b]) => a - b);
  const [first] = seconds;
  if (first === undefined) return [];
  const last = seconds.at(-1) ?? first;
  const width = Math.max(1, Math.ceil((last[0] - first[0] + 1) / MAX_BUCKETS));
  const buckets: SendingBucket[] = [{ second: 0, sent: 0 }];
  let sent = 0;
  let next = 0;
  for (let end = width; end < last[0] - first[0] + 1 + width; end += width) {
    for (; next < seconds.length; next++) {
      const [second, count] = seconds[next] ?? first;
      if (second - first[0] >= end) break;
      sent += count;
    }
    buckets.push({ second: end, sent });
  }
  return buckets;
}
