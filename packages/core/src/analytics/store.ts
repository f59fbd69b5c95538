/**
 * The SQL that writes events and what is summed from them.
 *
 * Rows go in ordered by their conflict key: two ingesters that touch the same keys wait for each other instead of deadlocking.
 */
import { sql } from "kysely";
import type { Db } from "../storage/db.ts";
import { rowsAs } from "../storage/sets.ts";
import { type Cell, type FirstTouch, segmentSetOfEvent } from "./cells.ts";
import type { NewEvent } from "./event.ts";

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

/** Adds to the roll-ups. */
export async function addToRollups(db: Db, workspaceId: string, cells: readonly Cell[]): Promise<void> {
  if (cells.length === 0) return;
  const set = rowsAs(
    db,
    "added",
    {
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
      count: "bigint",
      value_micros: "bigint",
    },
    cells,
  );
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

/** Keeps the earlier of what is known and what is given. */
export async function lowerFirstTouches(
  db: Db,
  workspaceId: string,
  touches: readonly FirstTouch[],
): Promise<void> {
  if (touches.length === 0) return;
  const set = rowsAs(
    db,
    "added",
    {
      campaign_id: "uuid",
      type: "text",
      machine: "boolean",
      contact_id: "uuid",
      post_id: "uuid",
      channel: "text",
      segment_set: "text",
      first_at: "bigint",
    },
    touches,
  );
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
