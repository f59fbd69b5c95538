/**
 * The SQL that writes events and what is summed from them.
 *
 * Rows go in ordered by their conflict key: two ingesters that touch the same keys wait for each other instead of deadlocking.
 */
import { sql } from "kysely";
import type { Db } from "../storage/db.ts";
import { rowsAs, uuidOf } from "../storage/sets.ts";
import { type Cell, type FirstTouch, segmentSetOfEvent } from "./cells.ts";
import { type NewEvent, NO_ID } from "./event.ts";

/** Adds the events that are not there yet, and returns the ids of those. */
export async function insertEvents(
  db: Db,
  workspaceId: string,
  receivedAt: number,
  events: readonly NewEvent[],
): Promise<ReadonlySet<string>> {
  const rows = events.map((event) => ({
    id: event.id,
    type: event.type,
    at: event.at,
    campaign_id: event.campaignId,
    post_id: event.postId,
    delivery_id: event.deliveryId,
    contact_id: event.contactId,
    channel: event.channel,
    variant: event.variant,
    segment: event.segment,
    segment_set: segmentSetOfEvent(event) || undefined,
    count: event.count ?? 1,
    value_micros: event.value?.amountMicros,
    currency: event.value?.currency,
    machine: event.machine,
    properties: event.properties ?? undefined,
  }));
  const set = rowsAs(
    db,
    "added",
    {
      id: "text",
      type: "text",
      at: "bigint",
      campaign_id: "uuid",
      post_id: "uuid",
      delivery_id: "uuid",
      contact_id: "uuid",
      channel: "text",
      variant: "text",
      segment: "text",
      segment_set: "text",
      count: "bigint",
      value_micros: "bigint",
      currency: "text",
      machine: "text",
      properties: "json",
    },
    rows,
  );
  const { rows: inserted } = await sql<{ id: string }>`
    insert into ck_events (workspace_id, id, type, at, received_at, campaign_id, post_id, delivery_id, contact_id,
      channel, variant, segment, segment_set, count, value_micros, currency, machine, properties)
    select ${workspaceId}, added.id, added.type, added.at, cast(${receivedAt} as bigint), added.campaign_id, added.post_id,
      added.delivery_id, added.contact_id, added.channel, added.variant, added.segment, added.segment_set, added.count,
      added.value_micros, added.currency, added.machine, added.properties
    from ${set} where true order by added.id
    on conflict (workspace_id, id) do nothing
    returning id
  `.execute(db);
  return new Set(inserted.map(({ id }) => id));
}

const CELL_KEY = {
  span: "integer",
  campaign_id: "uuid",
  bucket: "bigint",
  type: "text",
  channel: "text",
  post_id: "uuid",
  variant: "text",
  segment_set: "text",
  currency: "text",
  machine: "boolean",
} as const;

const TOUCH_KEY = {
  campaign_id: "uuid",
  type: "text",
  machine: "boolean",
  contact_id: "uuid",
  post_id: "uuid",
  channel: "text",
  segment_set: "text",
} as const;

/** Adds to the roll-ups. Each key at most once. */
export async function addToRollups(db: Db, workspaceId: string, cells: readonly Cell[]): Promise<void> {
  if (cells.length === 0) return;
  const shape = { ...CELL_KEY, count: "bigint", value_micros: "bigint" } as const;
  const set = rowsAs(db, "added", shape, cells);
  await sql`
    insert into ck_event_rollups (workspace_id, span, campaign_id, bucket, type, channel, post_id, variant, segment_set,
      currency, machine, count, value_micros)
    select ${workspaceId}, added.span, added.campaign_id, added.bucket, added.type, added.channel, added.post_id, added.variant,
      added.segment_set, added.currency, added.machine, added.count, added.value_micros
    from ${set} where true
    order by added.span, added.campaign_id, added.bucket, added.type, added.channel, added.post_id, added.variant,
      added.segment_set, added.currency, added.machine
    on conflict (workspace_id, span, campaign_id, bucket, type, channel, post_id, variant, segment_set, currency, machine)
    do update set count = ck_event_rollups.count + excluded.count,
      value_micros = ck_event_rollups.value_micros + excluded.value_micros
  `.execute(db);
}

/**
 * Takes away the roll-ups of these keys in which nothing is left, so that they do not stretch the span of what happened. What somebody else adds
 * meanwhile keeps its row, or makes it anew.
 */
export async function deleteEmptyRollups(db: Db, workspaceId: string, cells: readonly Cell[]): Promise<void> {
  const keys = cells.map(({ count: _, value_micros: __, ...key }) => key);
  await sql`
    delete from ck_event_rollups
    where workspace_id = ${workspaceId} and count = 0 and value_micros = 0
      and (span, campaign_id, bucket, type, channel, post_id, variant, segment_set, currency, machine) in (
        select gone.span, gone.campaign_id, gone.bucket, gone.type, gone.channel, gone.post_id, gone.variant, gone.segment_set,
          gone.currency, gone.machine
        from ${rowsAs(db, "gone", CELL_KEY, keys)}
      )
  `.execute(db);
}

/** Deletes the first touches of these keys. */
export async function deleteFirstTouches(
  db: Db,
  workspaceId: string,
  touches: readonly FirstTouch[],
): Promise<void> {
  const keys = touches.map(({ first_at: _, ...key }) => key);
  await sql`
    delete from ck_first_touches
    where workspace_id = ${workspaceId} and (campaign_id, type, machine, contact_id, post_id, channel, segment_set) in (
      select gone.campaign_id, gone.type, gone.machine, gone.contact_id, gone.post_id, gone.channel, gone.segment_set
      from ${rowsAs(db, "gone", TOUCH_KEY, keys)}
    )
  `.execute(db);
}

/**
 * Finds the first touches of these keys anew among the events, after some of those have become something else.
 *
 * Deleting comes first, and waits for whoever is just lowering one: their event is then there to be read. Whoever comes later lowers what is
 * found here.
 */
export async function recountFirstTouches(
  db: Db,
  workspaceId: string,
  touches: readonly FirstTouch[],
): Promise<void> {
  if (touches.length === 0) return;
  await deleteFirstTouches(db, workspaceId, touches);
  const keys = touches.map(({ first_at: _, ...key }) => key);
  const nil = uuidOf(db, NO_ID);
  await sql`
    insert into ck_first_touches (workspace_id, campaign_id, type, machine, contact_id, post_id, channel, segment_set, first_at)
    select ${workspaceId}, gone.campaign_id, gone.type, gone.machine, gone.contact_id, gone.post_id, gone.channel, gone.segment_set,
      min(event.at)
    from ${rowsAs(db, "gone", TOUCH_KEY, keys)}
      cross join ck_events as event
    where event.workspace_id = ${workspaceId} and event.contact_id = gone.contact_id
      and event.contact_id is not null and event.type = gone.type
      and coalesce(event.campaign_id, ${nil}) = gone.campaign_id and coalesce(event.post_id, ${nil}) = gone.post_id
      and coalesce(event.channel, '') = gone.channel and coalesce(event.segment_set, '') = gone.segment_set
      and (event.machine is not null) = gone.machine and event.count > 0
    group by gone.campaign_id, gone.type, gone.machine, gone.contact_id, gone.post_id, gone.channel, gone.segment_set
    order by gone.campaign_id, gone.type, gone.machine, gone.contact_id, gone.post_id, gone.channel, gone.segment_set
    on conflict (workspace_id, campaign_id, type, machine, contact_id, post_id, channel, segment_set)
    do update set first_at = excluded.first_at where excluded.first_at < ck_first_touches.first_at
  `.execute(db);
}

/** Keeps the earlier of what is known and what is given. */
export async function lowerFirstTouches(
  db: Db,
  workspaceId: string,
  touches: readonly FirstTouch[],
): Promise<void> {
  if (touches.length === 0) return;
  const set = rowsAs(db, "added", { ...TOUCH_KEY, first_at: "bigint" } as const, touches);
  await sql`
    insert into ck_first_touches (workspace_id, campaign_id, type, machine, contact_id, post_id, channel, segment_set, first_at)
    select ${workspaceId}, added.campaign_id, added.type, added.machine, added.contact_id, added.post_id, added.channel,
      added.segment_set, added.first_at
    from ${set} where true
    order by added.campaign_id, added.type, added.machine, added.contact_id, added.post_id, added.channel, added.segment_set
    on conflict (workspace_id, campaign_id, type, machine, contact_id, post_id, channel, segment_set)
    do update set first_at = excluded.first_at where excluded.first_at < ck_first_touches.first_at
  `.execute(db);
}
