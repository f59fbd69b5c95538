/** The SQL of deliveries and their counters. Every change of state changes the counters in the same transaction. */
import { type Selectable, sql } from "kysely";
import { type StoredInteger, toDate, toDateOrNull, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { bigintOf, idsAs, rowsAs, uuidOf } from "../storage/sets.ts";
import type { DeliveriesTable } from "../storage/tables/delivery.ts";
import type { Delivery, DeliveryCount, DeliveryState, UnknownPolicy } from "./delivery.ts";

/** How many parts a post's counters have; workers add to different ones. */
export const COUNT_PARTS = 8;

/** A delivery about to be written. */
export interface NewDelivery {
  readonly id: string;
  readonly contactId: string | null;
  readonly state: "pending" | "skipped";
  readonly reason: string;
}

/** What deliveries of one post share. */
export interface DeliveryFrame {
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly postId: string;
  readonly onUnknown: UnknownPolicy;
  readonly now: number;
}

/** Adds deliveries; a contact that has one for this post already is left out. Returns the ids that were added. */
export async function insertDeliveries(
  db: Db,
  frame: DeliveryFrame,
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> {
  const set = rowsAs(
    db,
    "added",
    { id: "uuid", contact_id: "uuid", state: "text", reason: "text" },
    deliveries.map(({ id, contactId, state, reason }) => ({ id, contact_id: contactId, state, reason })),
  );
  const { rows } = await sql<{ id: string }>`
    insert into ck_deliveries (id, workspace_id, campaign_id, post_id, contact_id, state, reason, attempts, on_unknown,
      cost_micros, created_at, settled_at)
    select added.id, ${frame.workspaceId}, ${uuidOf(db, frame.campaignId)}, ${uuidOf(db, frame.postId)}, added.contact_id, added.state, added.reason, 0,
      ${frame.onUnknown}, 0, ${bigintOf(frame.now)}, case when added.state = 'skipped' then ${bigintOf(frame.now)} end
    from ${set} where true order by added.id
    on conflict do nothing returning id
  `.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** A change of one delivery's state. */
export interface DeliveryChange {
  readonly id: string;
  readonly state: DeliveryState;
  readonly reason: string;
  readonly attempts: number;
  readonly externalId: string | null;
  readonly url?: string | null;
  readonly error: string | null;
  readonly costMicros: number;
}

/** Applies changes to deliveries that are in one of the given states; returns the ids that were. */
export async function updateDeliveries(
  db: Db,
  from: readonly DeliveryState[],
  changes: readonly DeliveryChange[],
  now: number,
): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return new Set();
  const set = rowsAs(
    db,
    "changed",
    {
      id: "uuid",
      state: "text",
      reason: "text",
      attempts: "integer",
      external_id: "text",
      url: "text",
      error: "text",
      cost_micros: "bigint",
    },
    changes.map((change) => ({
      id: change.id,
      state: change.state,
      reason: change.reason,
      attempts: change.attempts,
      external_id: change.externalId,
      url: change.url ?? null,
      error: change.error,
      cost_micros: change.costMicros,
    })),
  );
  const { rows } = await sql<{ id: string }>`
    update ck_deliveries set state = changed.state, reason = changed.reason, attempts = changed.attempts,
      external_id = changed.external_id, url = changed.url, error = changed.error, cost_micros = ck_deliveries.cost_micros + changed.cost_micros,
      settled_at = case when changed.state <> 'pending' then ${bigintOf(now)} end
    from ${set}
    where ck_deliveries.id = changed.id and ck_deliveries.state in (${sql.join(from)})
    returning ck_deliveries.id
  `.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Writes the intent to send: from here on a crash leaves the outcome unknown. Returns the ids that were pending. */
export async function markSending(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    update ck_deliveries set state = 'sending', attempts = ck_deliveries.attempts + 1
    from ${rowsAs(
      db,
      "intended",
      { id: "uuid" },
      ids.map((id) => ({ id })),
    )}
    where ck_deliveries.id = intended.id and ck_deliveries.state = 'pending' returning ck_deliveries.id
  `.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** Adds to a post's counters. `sending` counts as `pending`. Keys in order, so that concurrent workers never deadlock. */
export async function addCounts(
  db: Db,
  postId: string,
  part: number,
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

/** How a delivery stands. */
export type Standing = Pick<
  Selectable<DeliveriesTable>,
  "id" | "contact_id" | "state" | "reason" | "attempts" | "on_unknown"
>;

/** The states of deliveries. */
export async function selectStates(db: Db, ids: readonly string[]): Promise<readonly Standing[]> {
  const { rows } = await sql<Standing>`
    select d.id, d.contact_id, d.state, d.reason, d.attempts, d.on_unknown
    from ${rowsAs(
      db,
      "wanted",
      { id: "uuid" },
      ids.map((id) => ({ id })),
    )}
    join ck_deliveries as d on d.id = wanted.id
  `.execute(db);
  return rows;
}

/** A row in the engine's form. */
export function toDelivery(row: Selectable<DeliveriesTable>): Delivery {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    postId: row.post_id,
    contactId: row.contact_id,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    onUnknown: row.on_unknown,
    externalId: row.external_id,
    url: row.url,
    error: row.error,
    createdAt: toDate(row.created_at),
    settledAt: toDateOrNull(row.settled_at),
  };
}
