/** The SQL of deliveries. Every change of state moves the post's counters along, in the same statement's transaction. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { toDate, toDateOrNull } from "../storage/columns.ts";
import { bigintOf, rowsAs, uuidOf } from "../storage/sets.ts";
import type { DeliveriesTable } from "../storage/tables/delivery.ts";
import { addCounts, type CountPart } from "./counts-store.ts";
import type { Delivery, DeliveryState, UnknownPolicy } from "./delivery.ts";
import { NOTHING_RETURNED, type Returned } from "./returned.ts";

/** A delivery about to be written. */
export interface NewDelivery {
  readonly id: string;
  readonly contactId: string | null;
  /** The set of segments that it is addressed to; `null` for a public post. */
  readonly segmentSet: string | null;
  readonly state: "pending" | "skipped";
  readonly reason: string;
}

/** Adds deliveries to a post, and counts them; a contact that has one for this post already is left out. Returns the ids that were added. */
export async function insertDeliveries(
  unit: Unit,
  post: { readonly id: string; readonly campaign_id: string; readonly on_unknown: UnknownPolicy },
  deliveries: readonly NewDelivery[],
): Promise<ReadonlySet<string>> {
  const set = rowsAs(
    unit.db,
    "added",
    { id: "uuid", contact_id: "uuid", segment_set: "text", state: "text", reason: "text" },
    deliveries.map(({ id, contactId, segmentSet, state, reason }) => ({
      id,
      contact_id: contactId,
      segment_set: segmentSet,
      state,
      reason,
    })),
  );
  const now = bigintOf(unit.now);
  const { rows } = await sql<{ id: string }>`
    insert into ck_deliveries (id, workspace_id, campaign_id, post_id, contact_id, segment_set, state, reason, attempts,
      on_unknown, cost_micros, created_at, settled_at)
    select added.id, ${unit.workspaceId}, ${uuidOf(unit.db, post.campaign_id)}, ${uuidOf(unit.db, post.id)}, added.contact_id,
      added.segment_set, added.state, added.reason, 0, ${post.on_unknown}, 0, ${now}, case when added.state = 'skipped' then ${now} end
    from ${set} where true order by added.id
    on conflict do nothing returning id
  `.execute(unit.db);
  const written = new Set(rows.map(({ id }) => id));
  await addCounts(
    unit.db,
    { postId: post.id, part: 0 },
    deliveries.filter(({ id }) => written.has(id)).map(({ state, reason }) => ({ state, reason, n: 1 })),
  );
  return written;
}

/** A change of one delivery's state. What is left out is emptied; a cost is added to what it has cost so far. */
export interface DeliveryChange {
  readonly id: string;
  readonly state: DeliveryState;
  readonly reason: string;
  readonly attempts: number;
  readonly externalId?: string | null;
  readonly url?: string | null;
  readonly error?: string | null;
  readonly costMicros?: number;
}

/** Where deliveries stand before a change. */
export interface ChangeFrom {
  /** Only those in one of these states are changed. */
  readonly states: readonly DeliveryState[];
  /** The reason that each is counted under; none, unless it is said. */
  readonly reasonOf?: (id: string) => string;
}

/** Before an attempt has an outcome. */
export const UNSETTLED: ChangeFrom = { states: ["pending", "sending"] };

/** Changes deliveries of a post that stand where they should, and its counters with them; returns the ids that did. */
export async function changeDeliveries(
  unit: Unit,
  part: CountPart,
  from: ChangeFrom,
  changes: readonly DeliveryChange[],
): Promise<ReadonlySet<string>> {
  if (changes.length === 0) return new Set();
  const set = rowsAs(
    unit.db,
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
      external_id: change.externalId ?? null,
      url: change.url ?? null,
      error: change.error ?? null,
      cost_micros: change.costMicros ?? 0,
    })),
  );
  const { rows } = await sql<{ id: string }>`
    update ck_deliveries set state = changed.state, reason = changed.reason, attempts = changed.attempts,
      external_id = changed.external_id, url = changed.url, error = changed.error,
      cost_micros = ck_deliveries.cost_micros + changed.cost_micros,
      settled_at = case when changed.state <> 'pending' then ${bigintOf(unit.now)} end
    from ${set}
    where ck_deliveries.id = changed.id and ck_deliveries.workspace_id = ${unit.workspaceId}
      and ck_deliveries.state in (${sql.join(from.states)})
    returning ck_deliveries.id
  `.execute(unit.db);
  const changed = new Set(rows.map(({ id }) => id));
  const was = from.states[0] ?? "pending";
  const counts = changes
    .filter(({ id }) => changed.has(id))
    .flatMap(({ id, state, reason }) => [
      { state: was, reason: from.reasonOf?.(id) ?? "", n: -1 },
      // What waits is counted as one, whatever is in doubt about it.
      { state, reason: isWaiting(state) ? "" : reason, n: 1 },
    ]);
  await addCounts(unit.db, part, counts);
  return changed;
}

function isWaiting(state: DeliveryState): boolean {
  return state === "pending" || state === "sending";
}

/** Writes the intent to send: from here on a crash leaves the outcome unknown. Returns the ids that were pending. */
export async function markSending(unit: Unit, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    update ck_deliveries set state = 'sending', attempts = ck_deliveries.attempts + 1
    from ${idSet(unit, ids)}
    where ck_deliveries.id = wanted.id and ck_deliveries.workspace_id = ${unit.workspaceId}
      and ck_deliveries.state = 'pending'
    returning ck_deliveries.id
  `.execute(unit.db);
  return new Set(rows.map(({ id }) => id));
}

/** How a delivery stands. */
export interface Standing
  extends Pick<Delivery, "id" | "contactId" | "state" | "reason" | "attempts" | "onUnknown"> {
  /** The set of segments that it is addressed to. */
  readonly segmentSet: string | null;
}

/** How deliveries stand. */
export async function selectStandings(unit: Unit, ids: readonly string[]): Promise<readonly Standing[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<
    Pick<
      Selectable<DeliveriesTable>,
      "id" | "contact_id" | "segment_set" | "state" | "reason" | "attempts" | "on_unknown"
    >
  >`
    select d.id, d.contact_id, d.segment_set, d.state, d.reason, d.attempts, d.on_unknown
    from ${idSet(unit, ids)} join ck_deliveries as d on d.id = wanted.id and d.workspace_id = ${unit.workspaceId}
  `.execute(unit.db);
  return rows.map((row) => ({
    id: row.id,
    contactId: row.contact_id,
    segmentSet: row.segment_set,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    onUnknown: row.on_unknown,
  }));
}

function idSet(unit: Unit, ids: readonly string[]) {
  return rowsAs(
    unit.db,
    "wanted",
    { id: "uuid" },
    ids.map((id) => ({ id })),
  );
}

/** A row in the engine's form, with what came back of it. */
export function toDelivery(
  row: Selectable<DeliveriesTable>,
  returned: Returned = NOTHING_RETURNED,
): Delivery {
  return {
    ...returned,
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
