/**
 * The SQL of a post's counters: how many of its deliveries are in which state, and why. They are kept in parts, so that workers who count at the
 * same time do not wait for each other.
 */
import { sql } from "kysely";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { idsAs, rowsAs, uuidOf } from "../storage/sets.ts";
import type { DeliveryCount } from "./delivery.ts";

/** How many parts a post's counters have; workers add to different ones. */
export const COUNT_PARTS = 8;

/** The part of a post's counters that a worker adds to. */
export interface CountPart {
  readonly postId: string;
  readonly part: number;
}

/** Adds to a post's counters. `sending` counts as `pending`. Keys in order, so that concurrent workers never deadlock. */
export async function addCounts(
  db: Db,
  { postId, part }: CountPart,
  counts: readonly DeliveryCount[],
): Promise<void> {
  const summed = new Map<string, DeliveryCount>();
  for (const { state, reason, n } of counts) {
    const bucket = state === "sending" ? "pending" : state;
    const key = `${bucket}/${reason}`;
    summed.set(key, { state: bucket, reason, n: (summed.get(key)?.n ?? 0) + n });
  }
  const rows = [...summed]
    .filter(([, { n }]) => n !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, count]) => count);
  if (rows.length === 0) return;
  await sql`
    insert into ck_delivery_counts (post_id, part, state, reason, n)
    select ${uuidOf(db, postId)}, cast(${part} as integer), added.state, added.reason, added.n
    from ${rowsAs(db, "added", { state: "text", reason: "text", n: "bigint" }, rows)} where true
    order by added.state, added.reason
    on conflict (post_id, part, state, reason) do update set n = ck_delivery_counts.n + excluded.n
  `.execute(db);
}

/** The counters of posts, summed over their parts. */
export async function selectCounts(
  db: Db,
  postIds: readonly string[],
): Promise<readonly (DeliveryCount & { readonly postId: string })[]> {
  if (postIds.length === 0) return [];
  const { rows } = await sql<{ post_id: string; state: string; reason: string; n: StoredInteger }>`
    select post_id, state, reason, sum(n) as n from ck_delivery_counts
    where post_id in ${idsAs(db, postIds)} group by post_id, state, reason
  `.execute(db);
  return rows.map((row) => ({
    postId: row.post_id,
    state: row.state,
    reason: row.reason,
    n: toInteger(row.n),
  }));
}
