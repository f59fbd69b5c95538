/** What was spent, by the groups of a report: from the budgets' counters, or from their ledger where time or rates matter. */
import { spendByQuarter, spendOf } from "../../budgets/index.ts";
import { bucketAt } from "../../math/time-buckets.ts";
import type { Db } from "../../storage/db.ts";
import type { Amount } from "./money.ts";
import type { Dimension } from "./query.ts";
import type { GroupKey, Selection } from "./selection.ts";

/** An amount that was spent. */
export interface Spent {
  readonly campaignId: string;
  readonly currency: string;
  readonly channel: string | null;
  /** When, to the quarter of an hour; 0 where neither time nor rates matter. */
  readonly at: number;
  readonly amountMicros: number;
}

const TOO_FINE: readonly Dimension[] = ["post", "variant", "segment"];

/**
 * What the selection has spent; `null` where spending is not kept that finely.
 *
 * `dated`: by quarters of an hour, at the cost of reading the movements.
 */
export async function readSpent(
  db: Db,
  selection: Selection,
  campaignIds: readonly string[],
  dated: boolean,
): Promise<readonly Spent[] | null> {
  const { workspaceId, dimensions, channel, postId, variant, segment, from, until } = selection;
  if (
    [postId, variant, segment].some((part) => part !== null) ||
    dimensions.some((dimension) => TOO_FINE.includes(dimension))
  )
    return null;
  const spent: Spent[] = [];
  if (dated) {
    for (const { quarter, committedMicros, ...of } of await spendByQuarter(db, workspaceId, campaignIds, {
      from,
      until,
    })) {
      spent.push({ ...of, at: quarter, amountMicros: committedMicros });
    }
  } else {
    for (const [campaignId, spend] of await spendOf(db, workspaceId, campaignIds)) {
      const { currency, committedMicros, byChannel } = spend;
      const onChannels = Object.entries(byChannel);
      const rest = onChannels.reduce((left, [, micros]) => left - micros, committedMicros);
      for (const [name, micros] of onChannels) {
        spent.push({ campaignId, currency, channel: name, at: 0, amountMicros: micros });
      }
      spent.push({ campaignId, currency, channel: null, at: 0, amountMicros: rest });
    }
  }
  return spent.filter((each) => each.amountMicros !== 0 && (channel === null || each.channel === channel));
}

/** Puts what was spent into the groups of the selection. */
export function groupSpent(
  spent: readonly Spent[],
  { dimensions, buckets }: Selection,
): readonly (Omit<Amount, "group"> & { readonly group: GroupKey })[] {
  return spent.map(({ campaignId, channel, ...amount }) => ({
    ...amount,
    group: {
      campaignId: dimensions.includes("campaign") ? campaignId : null,
      channel: dimensions.includes("channel") ? channel : null,
      postId: null,
      variant: null,
      segment: null,
      bucket: buckets === null ? 0 : bucketAt(buckets, amount.at),
    },
  }));
}
