/** Reserving: setting money aside before it is spent, never more than every limit has room for. */
import type { Unit } from "../kernel/unit.ts";
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { tellExhausted } from "./alerts.ts";
import { loadPlan } from "./open.ts";
import { type BudgetScope, boundScope, type CostKind, type Counter, scopesOf } from "./scope.ts";
import {
  addCounters,
  type Ceiling,
  type CounterSet,
  moveCounters,
  selectCounters,
} from "./store/counters.ts";
import { addMovements } from "./store/movements.ts";
import type { Plan } from "./store/plans.ts";
import {
  insertReservation,
  type StoredReservation,
  selectReservationByKey,
  type WantedReservation,
} from "./store/reservations.ts";

/** Why a movement happens: the thing it pays for, such as `{ type: "delivery-batch", id: "…" }`. */
export interface BudgetCause {
  readonly type: string;
  readonly id: string;
}

/** An order to set aside money for some units of one price. */
export interface ReserveOrder {
  readonly campaignId: string;
  /** The channel it is spent on; `null`: none. */
  readonly channel: string | null;
  /** What one unit costs. */
  readonly unitMicros: number;
  /** How many units are wanted. */
  readonly count: number;
  /** Names the order in the campaign: given again, it answers as before and reserves nothing more. */
  readonly key: string;
  /** What it is spent on; `message` when absent. */
  readonly costKind?: CostKind;
  /** What it pays for; a delivery batch of that key when absent. */
  readonly cause?: BudgetCause;
  /** When to give it back if nobody settles it, in epoch milliseconds; never when absent. */
  readonly expiresAt?: number;
}

/** What was granted. */
export interface Grant {
  /** What to settle; `null` when nothing was set aside: no unit was granted, or units cost nothing. */
  readonly reservationId: string | null;
  /** Whole units, 0 to `count`. */
  readonly granted: number;
  /** The gravest limit that has no room for one more unit, when fewer were granted than wanted. */
  readonly exhausted: BudgetScope | null;
  /** When the day's limit stands in the way: the start of the next local day, in epoch milliseconds. */
  readonly retryAt: number | null;
}

/** Tries to reserve: as many whole units as fit. */
export async function takeReservation(
  unit: Unit,
  wanted: WantedReservation,
  ceiling: Exclude<Ceiling, "none">,
): Promise<
  | {
      readonly outcome: "granted" | "refused";
      readonly granted: number;
      readonly counters: readonly Counter[];
    }
  | { readonly outcome: "known"; readonly reservation: StoredReservation }
> {
  const { db, workspaceId } = unit;
  const { campaignId, unitMicros } = wanted;
  const set: CounterSet = { workspaceId, campaignId, scopes: scopesOf(wanted) };
  const options = { scopes: set.scopes, ceiling };
  let grant = await insertReservation(db, workspaceId, wanted, options);
  if (grant === null) {
    const known = await selectReservationByKey(db, workspaceId, campaignId, wanted.key);
    if (known !== null) return { outcome: "known", reservation: known };
    // The counters of a new day, channel or kind of cost are added here, under the lock of the total.
    if ((await selectCounters(db, set)).length < set.scopes.length) {
      await addCounters(db, set);
      grant = await insertReservation(db, workspaceId, wanted, options);
    }
  }
  if (grant === null) return { outcome: "refused", granted: 0, counters: await selectCounters(db, set) };
  const { granted } = grant;
  const amountMicros = granted * unitMicros;
  const counters = await moveCounters(db, set, { reservedDelta: amountMicros, committedDelta: 0, ceiling });
  await addMovements(db, workspaceId, [
    {
      id: unit.newId(),
      campaignId,
      key: wanted.key,
      kind: "reserve",
      amountMicros,
      reservedDelta: amountMicros,
      committedDelta: 0,
      channel: wanted.channel,
      day: wanted.day,
      costKind: wanted.costKind,
      reservationId: wanted.id,
      causeType: wanted.causeType,
      causeId: wanted.causeId,
      note: null,
      actor: unit.actor,
      at: unit.now,
      originalCurrency: null,
      originalMicros: null,
      rate: null,
      rateDate: null,
    },
  ]);
  return { outcome: "granted", granted, counters };
}

/** The error for a key that names another order. */
export function keyTaken(entity: string, key: string, field: string): CampaignKitError<"CONFLICT"> {
  const reason = `the key names an earlier one with another ${field}`;
  return new CampaignKitError(
    "CONFLICT",
    `The ${entity} "${key}" can't be made: ${reason}. Give each a key of its own, or repeat it unchanged.`,
    { entity, id: key, reason },
  );
}

/** Refuses a key that was used for something else. */
export function assertSameReservation(known: StoredReservation, wanted: WantedReservation): void {
  const fields = ["unitMicros", "requested", "channel", "costKind", "causeType", "causeId"] as const;
  const changed = fields.find((field) => known[field] !== wanted[field]);
  if (changed !== undefined) throw keyTaken("reservation", wanted.key, changed);
}

/**
 * Sets aside the price of as many whole units as the campaign's total, its day and its channel have room for.
 *
 * Part of the caller's transaction. Idempotent by key: the same order again answers as before. A limit that is not set has room for
 * everything. What was not granted is told: a total or channel without room as `budget.exhausted`, a day as `budget.day-exhausted`.
 * To reserve for several campaigns in one unit, go in the order of their ids.
 *
 * @throws {NOT_FOUND} for the campaign. {CONFLICT} when the key names another order.
 */
export async function reserveUnits(unit: Unit, order: ReserveOrder): Promise<Grant> {
  const { campaignId, channel, unitMicros, count, key } = order;
  assertWhole("unitMicros", unitMicros);
  assertWhole("count", count);
  assertWhole("the price of all units in micros", unitMicros * count);
  if (unitMicros === 0 || count === 0)
    return { reservationId: null, granted: count, exhausted: null, retryAt: null };
  const plan = await loadPlan(unit, campaignId);
  const cause = order.cause ?? { type: "delivery-batch", id: key };
  const wanted: WantedReservation = {
    id: unit.newId(),
    campaignId,
    key,
    channel,
    day: localDay(unit.now, plan.timeZone),
    costKind: order.costKind ?? "message",
    unitMicros,
    requested: count,
    causeType: cause.type,
    causeId: cause.id,
    expiresAt: order.expiresAt ?? null,
    createdAt: unit.now,
  };
  const taken = await takeReservation(unit, wanted, "plan");
  if (taken.outcome === "known") {
    assertSameReservation(taken.reservation, wanted);
    const { id, granted } = taken.reservation;
    if (granted === count) return { reservationId: id, granted, exhausted: null, retryAt: null };
    const scopes = scopesOf(taken.reservation);
    const counters = await selectCounters(unit.db, { workspaceId: unit.workspaceId, campaignId, scopes });
    return { reservationId: id, granted, ...shortage(unit, plan, counters, unitMicros) };
  }
  const { granted, counters } = taken;
  const reservationId = granted === 0 ? null : wanted.id;
  if (granted === count) return { reservationId, granted, exhausted: null, retryAt: null };
  await tellExhausted(unit, plan, counters, unitMicros);
  return { reservationId, granted, ...shortage(unit, plan, counters, unitMicros) };
}

function shortage(
  unit: Unit,
  plan: Plan,
  counters: readonly Counter[],
  unitMicros: number,
): Pick<Grant, "exhausted" | "retryAt"> {
  const exhausted = boundScope(counters, unitMicros);
  const retryAt = exhausted === "daily" ? startOfNextLocalDay(unit.now, plan.timeZone) : null;
  return { exhausted, retryAt };
}

/** Refuses what is no amount: a caller's mistake, found before it reaches the ledger. */
export function assertWhole(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const reason = `${what} is ${value}, not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
  throw new CampaignKitError("MONEY_INVALID", `The ledger can't take it: ${reason}.`, { reason });
}
