/** The SQL of reservations. Each write locks the counters first and the reservation after, in one statement. */
import { sql } from "kysely";
import { type StoredInteger, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { CostKind, ScopeKey } from "../scope.ts";
import { type Ceiling, type CounterSet, lockedCounters } from "./counters.ts";

/** Money set aside. */
export interface StoredReservation {
  readonly id: string;
  readonly campaignId: string;
  readonly key: string;
  readonly channel: string | null;
  readonly day: string;
  readonly costKind: CostKind;
  readonly unitMicros: number;
  readonly requested: number;
  readonly granted: number;
  readonly amountMicros: number;
  readonly openMicros: number;
  readonly causeType: string;
  readonly causeId: string;
  /** Set aside by a person or the host; else in flight. */
  readonly byHand: boolean;
  readonly expiresAt: number | null;
  readonly createdAt: number;
}

/** A reservation that is wanted; how much of it is granted, the database finds. */
export type WantedReservation = Pick<
  StoredReservation,
  | "id"
  | "campaignId"
  | "key"
  | "channel"
  | "day"
  | "costKind"
  | "unitMicros"
  | "requested"
  | "causeType"
  | "causeId"
  | "byHand"
  | "expiresAt"
  | "createdAt"
>;

interface ReservationRow {
  readonly id: string;
  readonly campaign_id: string;
  readonly key: string;
  readonly channel: string | null;
  readonly day: string;
  readonly cost_kind: string;
  readonly unit_micros: StoredInteger;
  readonly requested: number;
  readonly granted: number;
  readonly amount_micros: StoredInteger;
  readonly open_micros: StoredInteger;
  readonly cause_type: string;
  readonly cause_id: string;
  readonly by_hand: boolean | number;
  readonly expires_at: StoredInteger | null;
  readonly created_at: StoredInteger;
}

function toReservation(row: ReservationRow): StoredReservation {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    key: row.key,
    channel: row.channel,
    day: row.day,
    costKind: row.cost_kind as CostKind,
    unitMicros: toInteger(row.unit_micros),
    requested: row.requested,
    granted: row.granted,
    amountMicros: toInteger(row.amount_micros),
    openMicros: toInteger(row.open_micros),
    causeType: row.cause_type,
    causeId: row.cause_id,
    byHand: Boolean(row.by_hand),
    expiresAt: toIntegerOrNull(row.expires_at),
    createdAt: toInteger(row.created_at),
  };
}

/**
 * Grants as many whole units as every one of the scopes has room for, and writes the reservation: one statement.
 *
 * `null` when nothing was written: the key is taken, a counter is missing, or there is no room. The counters are locked either way.
 */
export async function insertReservation(
  db: Db,
  workspaceId: string,
  wanted: WantedReservation,
  options: { readonly scopes: readonly ScopeKey[]; readonly ceiling: Exclude<Ceiling, "none"> },
): Promise<{ readonly granted: number } | null> {
  const { scopes, ceiling } = options;
  const { campaignId, requested, unitMicros } = wanted;
  const set: CounterSet = { workspaceId, campaignId, scopes };
  const row = rowsAs(
    db,
    "wanted",
    {
      id: "uuid",
      workspaceId: "text",
      campaignId: "uuid",
      key: "text",
      channel: "text",
      day: "text",
      costKind: "text",
      unitMicros: "bigint",
      requested: "bigint",
      causeType: "text",
      causeId: "text",
      byHand: "boolean",
      expiresAt: "bigint",
      createdAt: "bigint",
    },
    [{ ...wanted, workspaceId }],
  );
  const room =
    ceiling === "limit"
      ? sql`(limit_micros - committed_micros - reserved_micros)`
      : sql`(limit_micros - held_micros - committed_micros - reserved_micros)`;
  const { rows } = await sql<{ granted: number }>`
    with locked as (${lockedCounters(db, set)}),
    fit as (
      select count(*) as counters, min(case
        when limit_micros is null or ${room} / cast(${unitMicros} as bigint) >= ${requested} then cast(${requested} as bigint)
        else ${room} / cast(${unitMicros} as bigint)
      end) as units from locked
    )
    insert into ck_budget_reservations (id, workspace_id, campaign_id, key, channel, day, cost_kind, unit_micros, requested, granted,
      amount_micros, open_micros, cause_type, cause_id, by_hand, expires_at, created_at)
    select wanted.id, ${sql.ref("wanted.workspaceId")}, ${sql.ref("wanted.campaignId")}, wanted.key, wanted.channel, wanted.day,
      ${sql.ref("wanted.costKind")}, ${sql.ref("wanted.unitMicros")}, wanted.requested, fit.units,
      fit.units * ${sql.ref("wanted.unitMicros")}, fit.units * ${sql.ref("wanted.unitMicros")},
      ${sql.ref("wanted.causeType")}, ${sql.ref("wanted.causeId")}, ${sql.ref("wanted.byHand")}, ${sql.ref("wanted.expiresAt")}, ${sql.ref("wanted.createdAt")}
    from fit, ${row}
    where fit.counters = ${sql.lit(scopes.length)} and fit.units >= 1
    on conflict (workspace_id, campaign_id, key) do nothing
    returning granted
  `.execute(db);
  return rows[0] ?? null;
}

/** The reservation with that key. */
export async function selectReservationByKey(
  db: Db,
  workspaceId: string,
  campaignId: string,
  key: string,
): Promise<StoredReservation | null> {
  const row = await db
    .selectFrom("ck_budget_reservations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("key", "=", key)
    .executeTakeFirst();
  return row === undefined ? null : toReservation(row);
}

/** The reservation with that id. */
export async function selectReservation(
  db: Db,
  workspaceId: string,
  id: string,
): Promise<StoredReservation | null> {
  const row = await db
    .selectFrom("ck_budget_reservations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? null : toReservation(row);
}

/** Locks the counters and changes what is open, if it still is as it was read; false when somebody was faster. */
export async function drawReservation(
  db: Db,
  set: CounterSet,
  reservation: Pick<StoredReservation, "id" | "openMicros">,
  openMicros: number,
): Promise<boolean> {
  const { rows } = await sql`
    with locked as (${lockedCounters(db, set)})
    update ck_budget_reservations set open_micros = ${openMicros}
    where workspace_id = ${set.workspaceId} and id = ${reservation.id} and open_micros = ${reservation.openMicros}
      and (select count(*) from locked) = ${sql.lit(set.scopes.length)}
    returning id
  `.execute(db);
  return rows.length === 1;
}

/** Reservations that have expired with something open, the oldest first. */
export async function selectExpired(
  db: Db,
  workspaceId: string,
  now: number,
  limit: number,
): Promise<readonly StoredReservation[]> {
  const rows = await db
    .selectFrom("ck_budget_reservations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("open_micros", ">", 0)
    .where("expires_at", "is not", null)
    .where("expires_at", "<=", now)
    .orderBy("expires_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toReservation);
}

/** A campaign's open reservations, the oldest first. */
export async function selectOpen(
  db: Db,
  workspaceId: string,
  campaignId: string,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly StoredReservation[]> {
  let query = db
    .selectFrom("ck_budget_reservations")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("open_micros", ">", 0);
  if (page.after !== null) query = query.where("id", ">", page.after);
  const rows = await query.orderBy("id").limit(page.limit).execute();
  return rows.map(toReservation);
}

/** What is in flight: set aside for work that is under way, and spent or given back soon. */
export interface InFlight {
  readonly channel: string | null;
  readonly day: string;
  readonly openMicros: number;
}

/** What of a campaign's budget is in flight, by channel and day. */
export async function selectInFlight(
  db: Db,
  workspaceId: string,
  campaignId: string,
): Promise<readonly InFlight[]> {
  const { rows } = await sql<{ channel: string | null; day: string; open_micros: StoredInteger }>`
    select channel, day, cast(sum(open_micros) as bigint) as open_micros from ck_budget_reservations
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and open_micros > 0 and by_hand = ${false}
    group by channel, day
  `.execute(db);
  return rows.map(({ channel, day, open_micros }) => ({ channel, day, openMicros: toInteger(open_micros) }));
}
