/** Settling: what became of money that was set aside. */
import type { Unit } from "../kernel/unit.ts";
import { notFound, requireId } from "../kernel/validate.ts";
import { raiseCrossed, tellReplenished } from "./alerts.ts";
import { loadPlan } from "./open.ts";
import { assertWhole, keyTaken } from "./reserve.ts";
import { scopesOf } from "./scope.ts";
import { type CounterSet, moveCounters } from "./store/counters.ts";
import { addMovements, type StoredMovement, selectMovementsByKey } from "./store/movements.ts";
import { drawReservation, type StoredReservation, selectReservation } from "./store/reservations.ts";

/** A report about a reservation, or about a part of it. */
export interface Settlement {
  readonly reservationId: string;
  /** Names the report in the campaign: given again, it changes nothing more. */
  readonly key: string;
  /** What was spent. */
  readonly commitMicros: number;
  /** What is given back. */
  readonly releaseMicros: number;
  /** A remark for the ledger. */
  readonly note?: string;
}

/** How a settlement moves a reservation. */
export interface Draw {
  readonly openMicros: number;
  readonly expiredMicros: number;
  /** What leaves the reserved amount as spent, and as given back. */
  readonly commitFromOpen: number;
  readonly releaseFromOpen: number;
}

/**
 * Shares a settlement out over the reservation. Pure.
 *
 * What was spent comes out of what is open, then out of what expired meanwhile, and what is left is a cost beyond the reservation: it has
 * happened and is booked. Of what is given back only what is open moves: the rest was given back before, or is spent.
 */
export function drawFrom(
  reservation: Pick<StoredReservation, "openMicros" | "expiredMicros">,
  { commitMicros, releaseMicros }: Pick<Settlement, "commitMicros" | "releaseMicros">,
): Draw {
  const commitFromOpen = Math.min(reservation.openMicros, commitMicros);
  const commitFromExpired = Math.min(reservation.expiredMicros, commitMicros - commitFromOpen);
  const releaseFromOpen = Math.min(reservation.openMicros - commitFromOpen, releaseMicros);
  const releaseFromExpired = Math.min(
    reservation.expiredMicros - commitFromExpired,
    releaseMicros - releaseFromOpen,
  );
  return {
    openMicros: reservation.openMicros - commitFromOpen - releaseFromOpen,
    expiredMicros: reservation.expiredMicros - commitFromExpired - releaseFromExpired,
    commitFromOpen,
    releaseFromOpen,
  };
}

/**
 * Reports what became of a reservation, whole or in parts: some of it spent, some of it given back.
 *
 * Part of the caller's transaction. Idempotent by key. What is spent is a fact and is always booked, on the day of the reservation, also
 * when it is more than was reserved or comes after the reservation expired; the limits then show an overspend and nothing more is granted.
 *
 * @returns what of the reservation is open still.
 * @throws {NOT_FOUND} for the reservation. {CONFLICT} when the key names another settlement.
 */
export async function settleReservation(
  unit: Unit,
  settlement: Settlement,
): Promise<{ readonly openMicros: number }> {
  const { commitMicros, releaseMicros, key } = settlement;
  assertWhole("commitMicros", commitMicros);
  assertWhole("releaseMicros", releaseMicros);
  const id = requireId("reservation", settlement.reservationId);
  for (;;) {
    const reservation = await selectReservation(unit.db, unit.workspaceId, id);
    if (reservation === null) throw notFound("reservation", id);
    if (commitMicros === 0 && releaseMicros === 0) return { openMicros: reservation.openMicros };
    if (await isSettled(unit, reservation, settlement)) return { openMicros: reservation.openMicros };
    const draw = drawFrom(reservation, settlement);
    const set: CounterSet = {
      workspaceId: unit.workspaceId,
      campaignId: reservation.campaignId,
      scopes: scopesOf(reservation),
    };
    // Another settled meanwhile: look again, now under the lock of the counters, so that it happens once at most.
    if (!(await drawReservation(unit.db, set, reservation, draw))) continue;
    await book(unit, reservation, set, draw, { ...settlement, key });
    return { openMicros: draw.openMicros };
  }
}

/** Whether the key was settled before. @throws {CONFLICT} when it was another settlement. */
async function isSettled(
  unit: Unit,
  reservation: StoredReservation,
  { key, commitMicros, releaseMicros }: Settlement,
): Promise<boolean> {
  const known = await selectMovementsByKey(unit.db, unit.workspaceId, reservation.campaignId, key);
  const commit = known.get("commit");
  const release = known.get("release");
  if (commit === undefined && release === undefined) return false;
  if ((commit ?? release)?.reservationId !== reservation.id) throw keyTaken("settlement", key, "reservation");
  if ((commit?.amountMicros ?? 0) !== commitMicros) throw keyTaken("settlement", key, "commitMicros");
  if ((release?.amountMicros ?? 0) !== releaseMicros) throw keyTaken("settlement", key, "releaseMicros");
  return true;
}

async function book(
  unit: Unit,
  reservation: StoredReservation,
  set: CounterSet,
  draw: Draw,
  settlement: Settlement,
): Promise<void> {
  const { commitMicros, releaseMicros, key } = settlement;
  const counters = await moveCounters(unit.db, set, {
    reservedDelta: -(draw.commitFromOpen + draw.releaseFromOpen),
    committedDelta: commitMicros,
    ceiling: "none",
  });
  const movement = (
    part: Pick<StoredMovement, "kind" | "amountMicros" | "reservedDelta" | "committedDelta">,
  ): StoredMovement => ({
    ...part,
    id: unit.newId(),
    campaignId: reservation.campaignId,
    key,
    channel: reservation.channel,
    day: reservation.day,
    costKind: reservation.costKind,
    reservationId: reservation.id,
    causeType: reservation.causeType,
    causeId: reservation.causeId,
    note: settlement.note ?? null,
    actor: unit.actor,
    at: unit.now,
    originalCurrency: null,
    originalMicros: null,
    rate: null,
    rateDate: null,
  });
  const movements: StoredMovement[] = [];
  if (commitMicros > 0) {
    movements.push(
      movement({
        kind: "commit",
        amountMicros: commitMicros,
        reservedDelta: -draw.commitFromOpen,
        committedDelta: commitMicros,
      }),
    );
  }
  if (releaseMicros > 0) {
    movements.push(
      movement({
        kind: "release",
        amountMicros: releaseMicros,
        reservedDelta: -draw.releaseFromOpen,
        committedDelta: 0,
      }),
    );
  }
  await addMovements(unit.db, unit.workspaceId, movements);
  const plan = await loadPlan(unit, reservation.campaignId);
  await raiseCrossed(unit, plan, counters, commitMicros);
  await tellReplenished(unit, plan, counters);
}
