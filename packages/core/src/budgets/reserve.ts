/** Reserving for the engine's own work: as many whole units as the budget has room for. */
import type { Unit } from "../kernel/unit.ts";
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import { orderReconciling } from "./expiry-job.ts";
import { assertWhole } from "./ledger-input.ts";
import type { BudgetCause } from "./movement.ts";
import { loadPlan } from "./open.ts";
import { assertSameReservation, takeReservation } from "./reservation.ts";
import { type BudgetScope, boundScope, type CostKind, type Counter, scopesOf } from "./scope.ts";
import { noteShortage } from "./shortage.ts";
import { selectCounters } from "./store/counters.ts";
import type { Plan } from "./store/plans.ts";
import type { WantedReservation } from "./store/reservations.ts";

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
  /** When only the day's limit stands in the way: the start of the next local day, in epoch milliseconds. */
  readonly retryAt: number | null;
}

/**
 * Sets aside the price of as many whole units as the campaign's total, its day and its channel have room for.
 *
 * Part of the caller's transaction. Idempotent by key: the same order again answers as before. A limit that is not set has room for
 * everything. Once even what is in flight would not make room for what was refused, that is told: of a total or a channel as
 * `budget.exhausted`, of a day as `budget.day-exhausted`; and when there is room again, as `budget.replenished`.
 * To reserve for several campaigns in one unit, go in the order of their ids.
 *
 * @throws {NOT_FOUND} for the campaign. {CONFLICT} when the key names another order. {MONEY_INVALID} for what is no price or count.
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
    byHand: false,
    expiresAt: order.expiresAt ?? null,
    createdAt: unit.now,
  };
  const taken = await takeReservation(unit, wanted, { ceiling: "plan", note: null, source: null });
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
  if (reservationId !== null && wanted.expiresAt !== null) orderReconciling(unit, wanted.expiresAt);
  if (granted === count) return { reservationId, granted, exhausted: null, retryAt: null };
  await noteShortage(unit, plan, counters, unitMicros);
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
