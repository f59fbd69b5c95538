/** Recounting events from scratch, to hold the sums against. */
import { type RawBuilder, sql } from "kysely";
import { QUARTER_MS } from "../math/time-zone.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { uuidOf } from "../storage/sets.ts";
import { SPAN } from "./cells.ts";
import { NO_ID } from "./event.ts";

/** Whether the sums of a campaign are what its events add up to. */
export interface RollupVerdict {
  readonly exact: boolean;
  /** Events counted. */
  readonly events: number;
  /** The first hundred sums that differ. */
  readonly differences: readonly RollupDifference[];
}

/** One sum that differs. */
export interface RollupDifference {
  readonly kind: "rollup" | "first-touch";
  /** Where it stands. */
  readonly key: Readonly<Record<string, string | number | boolean>>;
  /** Kept minus recounted: of the count and the value's micros, or of the instant in milliseconds and the number of rows. */
  readonly off: readonly [number, number];
}

const MAX_DIFFERENCES = 100;
const DAY_MS = 86_400_000;

/** The roll-ups that the events should have, for all spans. */
function recountedRollups(db: Db, workspaceId: string, campaignId: string | null): RawBuilder<unknown> {
  const nil = uuidOf(db, NO_ID);
  const floor = (width: number): RawBuilder<unknown> => sql`event.at - event.at % ${sql.lit(width)}`;
  const level = (span: number, bucket: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    select ${sql.lit(span)} as span, ${bucket} as bucket, event.type, coalesce(event.channel, '') as channel,
      coalesce(event.post_id, ${nil}) as post_id, coalesce(event.variant, '') as variant, coalesce(event.segment_set, '') as segment_set,
      coalesce(event.currency, '') as currency, event.machine is not null as machine,
      event.count, coalesce(event.value_micros, 0) as value_micros
    from ck_events as event
    where event.workspace_id = ${workspaceId} and ${ofCampaign(db, campaignId)}`;
  return sql.join(
    [
      level(SPAN.total, sql`cast(0 as bigint)`),
      level(SPAN.quarter, floor(QUARTER_MS)),
      level(SPAN.day, floor(DAY_MS)),
    ],
    sql` union all `,
  );
}

function ofCampaign(db: Db, campaignId: string | null): RawBuilder<unknown> {
  return campaignId === null
    ? sql`event.campaign_id is null`
    : sql`event.campaign_id = ${uuidOf(db, campaignId)}`;
}

async function rollupDifferences(
  db: Db,
  workspaceId: string,
  campaignId: string | null,
): Promise<readonly RollupDifference[]> {
  const { rows } = await sql<{
    span: number;
    bucket: StoredInteger;
    type: string;
    channel: string;
    post_id: string;
    variant: string;
    segment_set: string;
    currency: string;
    machine: boolean | number;
    off_count: StoredInteger;
    off_value: StoredInteger;
  }>`
    select span, bucket, type, channel, post_id, variant, segment_set, currency, machine,
      cast(sum(kept_count) as bigint) as off_count, cast(sum(kept_value) as bigint) as off_value
    from (
      select kept.span, kept.bucket, kept.type, kept.channel, kept.post_id, kept.variant, kept.segment_set, kept.currency, kept.machine,
        kept.count as kept_count, kept.value_micros as kept_value
      from ck_event_rollups as kept
      where kept.workspace_id = ${workspaceId} and kept.span in (${sql.join(Object.values(SPAN).map((span) => sql.lit(span)))})
        and kept.campaign_id = ${uuidOf(db, campaignId ?? NO_ID)}
      union all
      select counted.span, counted.bucket, counted.type, counted.channel, counted.post_id, counted.variant,
        counted.segment_set, counted.currency, counted.machine, -counted.count, -counted.value_micros
      from (${recountedRollups(db, workspaceId, campaignId)}) as counted
    ) as both_sides
    group by span, bucket, type, channel, post_id, variant, segment_set, currency, machine
    having sum(kept_count) <> 0 or sum(kept_value) <> 0
    order by span, bucket, type, channel, post_id, variant, segment_set, currency, machine
    limit ${sql.lit(MAX_DIFFERENCES)}
  `.execute(db);
  return rows.map(({ off_count, off_value, span, bucket, machine, ...key }) => ({
    kind: "rollup",
    key: { span, bucket: toInteger(bucket), machine: Boolean(machine), ...key },
    off: [toInteger(off_count), toInteger(off_value)],
  }));
}

async function firstTouchDifferences(
  db: Db,
  workspaceId: string,
  campaignId: string | null,
): Promise<readonly RollupDifference[]> {
  const nil = uuidOf(db, NO_ID);
  const { rows } = await sql<{
    type: string;
    machine: boolean | number;
    contact_id: string;
    post_id: string;
    channel: string;
    segment_set: string;
    off_at: StoredInteger;
    off_rows: StoredInteger;
  }>`
    select type, machine, contact_id, post_id, channel, segment_set,
      cast(sum(kept_at) as bigint) as off_at, cast(sum(kept_row) as bigint) as off_rows
    from (
      select kept.type, kept.machine, kept.contact_id, kept.post_id, kept.channel, kept.segment_set,
        kept.first_at as kept_at, 1 as kept_row
      from ck_first_touches as kept
      where kept.workspace_id = ${workspaceId} and kept.campaign_id = ${uuidOf(db, campaignId ?? NO_ID)}
      union all
      select counted.type, counted.machine, counted.contact_id, counted.post_id, counted.channel, counted.segment_set,
        -min(counted.at), -1
      from (
        select event.type, event.machine is not null as machine, event.contact_id, coalesce(event.post_id, ${nil}) as post_id,
          coalesce(event.channel, '') as channel, coalesce(event.segment_set, '') as segment_set, event.at
        from ck_events as event
        where event.workspace_id = ${workspaceId} and ${ofCampaign(db, campaignId)} and event.contact_id is not null
          and (event.campaign_id is not null or event.post_id is not null) and event.count > 0
      ) as counted
      group by counted.type, counted.machine, counted.contact_id, counted.post_id, counted.channel, counted.segment_set
    ) as both_sides
    group by type, machine, contact_id, post_id, channel, segment_set
    having sum(kept_at) <> 0 or sum(kept_row) <> 0
    order by type, machine, contact_id, post_id, channel, segment_set
    limit ${sql.lit(MAX_DIFFERENCES)}
  `.execute(db);
  return rows.map(({ off_at, off_rows, machine, ...key }) => ({
    kind: "first-touch",
    key: { ...key, machine: Boolean(machine) },
    off: [toInteger(off_at), toInteger(off_rows)],
  }));
}

/** Recounts a campaign's events (`null`: those without a campaign) and compares. Reads all of them: for operators and tests. */
export async function verifyRollups(
  db: Db,
  workspaceId: string,
  campaignId: string | null,
): Promise<RollupVerdict> {
  const differences = [
    ...(await rollupDifferences(db, workspaceId, campaignId)),
    ...(await firstTouchDifferences(db, workspaceId, campaignId)),
  ].slice(0, MAX_DIFFERENCES);
  const { events } = await db
    .selectFrom("ck_events as event")
    .select(({ fn }) => fn.countAll<StoredInteger>().as("events"))
    .where("event.workspace_id", "=", workspaceId)
    .where(sql<boolean>`${ofCampaign(db, campaignId)}`)
    .executeTakeFirstOrThrow();
  return { exact: differences.length === 0, events: toInteger(events), differences };
}
