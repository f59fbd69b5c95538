/** The SQL of the ledger: rows are added and read, never changed. */
import { sql } from "kysely";
import { StorageError } from "../../ports/errors.ts";
import { type StoredInteger, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { CostKind } from "../scope.ts";
import { type CounterSet, lockedCounters } from "./counters.ts";

/** What a movement does: sets money aside, spends it, gives it back, or corrects what was spent. */
export type MovementKind = "reserve" | "commit" | "release" | "adjust";

/** One movement of the ledger. Amounts are micros of the budget's currency. */
export interface StoredMovement {
  readonly id: string;
  readonly campaignId: string;
  readonly key: string;
  readonly kind: MovementKind;
  readonly amountMicros: number;
  readonly reservedDelta: number;
  readonly committedDelta: number;
  readonly channel: string | null;
  readonly day: string;
  readonly costKind: CostKind;
  readonly reservationId: string | null;
  readonly causeType: string;
  readonly causeId: string;
  readonly note: string | null;
  readonly actor: string;
  readonly at: number;
  readonly originalCurrency: string | null;
  readonly originalMicros: number | null;
  readonly rate: string | null;
  readonly rateDate: string | null;
}

interface MovementRow {
  readonly id: string;
  readonly campaign_id: string;
  readonly key: string;
  readonly kind: MovementKind;
  readonly amount_micros: StoredInteger;
  readonly reserved_delta: StoredInteger;
  readonly committed_delta: StoredInteger;
  readonly channel: string | null;
  readonly day: string;
  readonly cost_kind: string;
  readonly reservation_id: string | null;
  readonly cause_type: string;
  readonly cause_id: string;
  readonly note: string | null;
  readonly actor: string;
  readonly at: StoredInteger;
  readonly original_currency: string | null;
  readonly original_micros: StoredInteger | null;
  readonly rate: string | null;
  readonly rate_date: string | null;
}

function toMovement(row: MovementRow): StoredMovement {
  return {
    id: row.id,
    campaignId: row.campaign_id,
    key: row.key,
    kind: row.kind,
    amountMicros: toInteger(row.amount_micros),
    reservedDelta: toInteger(row.reserved_delta),
    committedDelta: toInteger(row.committed_delta),
    channel: row.channel,
    day: row.day,
    costKind: row.cost_kind as CostKind,
    reservationId: row.reservation_id,
    causeType: row.cause_type,
    causeId: row.cause_id,
    note: row.note,
    actor: row.actor,
    at: toInteger(row.at),
    originalCurrency: row.original_currency,
    originalMicros: toIntegerOrNull(row.original_micros),
    rate: row.rate,
    rateDate: row.rate_date,
  };
}

/**
 * Adds movements to the ledger. With `locking`, the counters are locked first in the same statement, and nothing is added unless all are there.
 *
 * Returns how many were added: one whose key and kind are taken is left out.
 */
export async function insertMovements(
  db: Db,
  workspaceId: string,
  movements: readonly StoredMovement[],
  options: { readonly locking?: CounterSet } = {},
): Promise<number> {
  const set = rowsAs(
    db,
    "added",
    {
      id: "uuid",
      campaign_id: "uuid",
      key: "text",
      kind: "text",
      amount_micros: "bigint",
      reserved_delta: "bigint",
      committed_delta: "bigint",
      channel: "text",
      day: "text",
      cost_kind: "text",
      reservation_id: "uuid",
      cause_type: "text",
      cause_id: "text",
      note: "text",
      actor: "text",
      at: "bigint",
      original_currency: "text",
      original_micros: "bigint",
      rate: "text",
      rate_date: "text",
    },
    movements.map((movement) => ({
      id: movement.id,
      campaign_id: movement.campaignId,
      key: movement.key,
      kind: movement.kind,
      amount_micros: movement.amountMicros,
      reserved_delta: movement.reservedDelta,
      committed_delta: movement.committedDelta,
      channel: movement.channel,
      day: movement.day,
      cost_kind: movement.costKind,
      reservation_id: movement.reservationId,
      cause_type: movement.causeType,
      cause_id: movement.causeId,
      note: movement.note,
      actor: movement.actor,
      at: movement.at,
      original_currency: movement.originalCurrency,
      original_micros: movement.originalMicros,
      rate: movement.rate,
      rate_date: movement.rateDate,
    })),
  );
  const { locking } = options;
  const lock = locking === undefined ? sql`` : sql`with locked as (${lockedCounters(db, locking)})`;
  const guard =
    locking === undefined
      ? sql`true`
      : sql`(select count(*) from locked) = ${sql.lit(locking.scopes.length)}`;
  const { rows } = await sql`
    ${lock}
    insert into ck_budget_movements (id, workspace_id, campaign_id, key, kind, amount_micros, reserved_delta, committed_delta, channel, day,
      cost_kind, reservation_id, cause_type, cause_id, note, actor, at, original_currency, original_micros, rate, rate_date)
    select added.id, ${workspaceId}, added.campaign_id, added.key, added.kind, added.amount_micros, added.reserved_delta,
      added.committed_delta, added.channel, added.day, added.cost_kind, added.reservation_id, added.cause_type, added.cause_id,
      added.note, added.actor, added.at, added.original_currency, added.original_micros, added.rate, added.rate_date
    from ${set} where ${guard}
    on conflict (workspace_id, campaign_id, key, kind) do nothing
    returning id
  `.execute(db);
  return rows.length;
}

/** The movements with that key, by their kind. */
export async function selectMovementsByKey(
  db: Db,
  workspaceId: string,
  campaignId: string,
  key: string,
): Promise<ReadonlyMap<MovementKind, StoredMovement>> {
  const rows = await db
    .selectFrom("ck_budget_movements")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("key", "=", key)
    .execute();
  return new Map(rows.map((row) => [row.kind, toMovement(row as MovementRow)]));
}

/**
 * Adds movements whose keys are known to be free.
 *
 * @throws {STORAGE_FAILED} of kind `contention`, which undoes the unit, when somebody took a key meanwhile.
 */
export async function addMovements(
  db: Db,
  workspaceId: string,
  movements: readonly StoredMovement[],
): Promise<void> {
  if ((await insertMovements(db, workspaceId, movements)) === movements.length) return;
  throw new StorageError("contention", "Another movement has taken the key meanwhile.");
}

/** Which movements to list. What is absent does not matter. */
export interface MovementFilter {
  readonly kind?: MovementKind;
  readonly costKind?: CostKind;
  readonly channel?: string;
  readonly day?: string;
  readonly actor?: string;
  readonly reservationId?: string;
  readonly cause?: { readonly type: string; readonly id?: string };
}

/** A campaign's movements, the latest first. */
export async function selectMovements(
  db: Db,
  where: { readonly workspaceId: string; readonly campaignId: string },
  filter: MovementFilter,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly StoredMovement[]> {
  let query = db
    .selectFrom("ck_budget_movements")
    .selectAll()
    .where("workspace_id", "=", where.workspaceId)
    .where("campaign_id", "=", where.campaignId);
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.costKind !== undefined) query = query.where("cost_kind", "=", filter.costKind);
  if (filter.channel !== undefined) query = query.where("channel", "=", filter.channel);
  if (filter.day !== undefined) query = query.where("day", "=", filter.day);
  if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
  if (filter.reservationId !== undefined) query = query.where("reservation_id", "=", filter.reservationId);
  if (filter.cause !== undefined) query = query.where("cause_type", "=", filter.cause.type);
  if (filter.cause?.id !== undefined) query = query.where("cause_id", "=", filter.cause.id);
  if (page.after !== null) query = query.where("id", "<", page.after);
  const rows = await query.orderBy("id", "desc").limit(page.limit).execute();
  return rows.map((row) => toMovement(row as MovementRow));
}

/** Whether any money has moved. */
export async function hasMovements(
  db: Db,
  { workspaceId, campaignId }: { readonly workspaceId: string; readonly campaignId: string },
): Promise<boolean> {
  const row = await db
    .selectFrom("ck_budget_movements")
    .select("id")
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
