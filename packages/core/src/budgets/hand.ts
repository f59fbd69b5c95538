/** Reserving and settling by hand: a person or the host sets money aside, and says what became of it. */
import type { Unit } from "../kernel/unit.ts";
import { notFound, parse, requireId, validationError } from "../kernel/validate.ts";
import type { Money } from "../math/money.ts";
import { localDay } from "../math/time-zone.ts";
import { budgetExceeded } from "./exceeded.ts";
import { convertInto } from "./exchange-rates.ts";
import { orderReconciling } from "./expiry-job.ts";
import { type ReserveInput, reserveSchema, type SettleInput, settleSchema } from "./hand-input.ts";
import { keyTaken } from "./ledger-input.ts";
import { type BudgetCause, isSameAmount, noteMoved } from "./movement.ts";
import { loadPlan } from "./open.ts";
import { assertSameReservation, takeReservation } from "./reservation.ts";
import type { CostKind } from "./scope.ts";
import { settle } from "./settle.ts";
import { reviewShortages } from "./shortage.ts";
import { type MovementKind, type StoredMovement, selectMovementsByKey } from "./store/movements.ts";
import { loadKnownPlan, type Plan } from "./store/plans.ts";
import { type StoredReservation, selectReservation, type WantedReservation } from "./store/reservations.ts";

/** Money that is set aside. */
export interface Reservation {
  readonly id: string;
  readonly campaignId: string;
  readonly key: string;
  /** What was set aside, and what of it is neither spent nor given back. */
  readonly amount: Money;
  readonly open: Money;
  readonly kind: CostKind;
  readonly channel: string | null;
  /** The local day that it counts on, `YYYY-MM-DD`. */
  readonly day: string;
  readonly cause: BudgetCause;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

/** A stored reservation as a host sees it. */
export function toReservation(stored: StoredReservation, currency: string): Reservation {
  return {
    id: stored.id,
    campaignId: stored.campaignId,
    key: stored.key,
    amount: { currency, amountMicros: stored.amountMicros },
    open: { currency, amountMicros: stored.openMicros },
    kind: stored.costKind,
    channel: stored.channel,
    day: stored.day,
    cause: { type: stored.causeType, id: stored.causeId },
    expiresAt: stored.expiresAt === null ? null : new Date(stored.expiresAt),
    createdAt: new Date(stored.createdAt),
  };
}

/** The movement that a key names, which must be there: it was written or found a moment ago. */
async function movementOf(
  unit: Unit,
  campaignId: string,
  key: string,
  kind: MovementKind,
): Promise<StoredMovement> {
  const movement = (await selectMovementsByKey(unit.db, unit.workspaceId, campaignId, key)).get(kind);
  if (movement === undefined) throw notFound("movement", key);
  return movement;
}

/**
 * Sets money aside, all of it or none. Part of the caller's transaction; idempotent by key.
 *
 * A refusal is the caller's to handle: nothing is recorded, and no campaign is paused for it.
 *
 * @throws {BUDGET_EXCEEDED} naming the scope and what it has. {VALIDATION_FAILED} {NOT_FOUND} {EXCHANGE_RATE_MISSING} {CONFLICT} when the
 * key names another reservation.
 */
export async function reserveAmount(
  unit: Unit,
  campaignId: string,
  input: ReserveInput,
): Promise<Reservation> {
  const order = parse(reserveSchema, input, "reservation");
  const plan = await loadPlan(unit, campaignId);
  const day = localDay(unit.now, plan.timeZone);
  const expiresAt = order.expiresAt?.getTime() ?? null;
  if (expiresAt !== null && expiresAt <= unit.now) {
    const message = "It would have expired already; give an instant to come.";
    throw validationError("reservation", [{ path: ["expiresAt"], message }]);
  }
  const source = await convertInto(unit.db, unit.workspaceId, plan.currency, order.amount, day);
  const cause = order.cause ?? { type: "reservation", id: order.key };
  const wanted: WantedReservation = {
    id: unit.newId(),
    campaignId,
    key: order.key,
    channel: order.channel,
    day,
    costKind: order.kind,
    // A converted amount may be next to nothing; what is set aside is not.
    unitMicros: Math.max(1, source.amountMicros),
    requested: 1,
    causeType: cause.type,
    causeId: cause.id,
    byHand: true,
    expiresAt,
    createdAt: unit.now,
  };
  const ceiling = order.useContingency ? "limit" : "plan";
  const taken = await takeReservation(unit, wanted, { ceiling, note: order.note ?? null, source });
  if (taken.outcome === "known") {
    const movement = await movementOf(unit, campaignId, order.key, "reserve");
    if (!isSameAmount(movement, { amountMicros: source.amountMicros, source }))
      throw keyTaken("reservation", order.key, "amount");
    assertSameReservation(taken.reservation, { ...wanted, unitMicros: taken.reservation.unitMicros });
    return toReservation(taken.reservation, plan.currency);
  }
  if (taken.granted === 0) throw budgetExceeded(plan, taken.counters, wanted.unitMicros, ceiling);
  await reviewShortages(unit, plan, taken.counters);
  if (expiresAt !== null) orderReconciling(unit, expiresAt);
  noteMoved(unit, plan, await movementOf(unit, campaignId, order.key, "reserve"));
  return loadReservation(unit, wanted.id, plan);
}

async function loadReservation(unit: Unit, id: string, plan: Plan): Promise<Reservation> {
  const stored = await selectReservation(unit.db, unit.workspaceId, id);
  if (stored === null) throw notFound("reservation", id);
  return toReservation(stored, plan.currency);
}

/**
 * Books set-aside money as spent, or gives it back. Part of the caller's transaction; idempotent by key.
 *
 * More than is open can be spent, since it has happened; no more than is open can be given back.
 *
 * @throws {VALIDATION_FAILED} {NOT_FOUND} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement, nothing is open, or less
 * is open than is to be given back.
 */
export async function settleAmount(
  unit: Unit,
  reservationId: string,
  kind: "commit" | "release",
  input: SettleInput,
): Promise<Reservation> {
  const given = parse(settleSchema, input, "settlement");
  const id = requireId("reservation", reservationId);
  const reservation = await selectReservation(unit.db, unit.workspaceId, id);
  if (reservation === null) throw notFound("reservation", id);
  const { campaignId } = reservation;
  const plan = await loadKnownPlan(unit.db, unit.workspaceId, campaignId);
  const day = localDay(unit.now, plan.timeZone);
  const source =
    given.amount && (await convertInto(unit.db, unit.workspaceId, plan.currency, given.amount, day));
  const amountMicros = source?.amountMicros ?? 0;
  const { movements } = await settle(unit, {
    reservationId: id,
    key: given.key,
    ask:
      source === undefined
        ? { rest: kind }
        : {
            commitMicros: kind === "commit" ? amountMicros : 0,
            releaseMicros: kind === "release" ? amountMicros : 0,
          },
    note: given.note ?? null,
    source: source ?? null,
    checked: true,
  });
  for (const movement of movements) noteMoved(unit, plan, movement);
  return loadReservation(unit, id, plan);
}
