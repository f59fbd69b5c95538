/** Settling: what became of money that was set aside. */
import type { Unit } from "../kernel/unit.ts";
import { notFound, requireId } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { raiseCrossed, tellOverspent } from "./alerts.ts";
import { assertWhole, keyTaken } from "./ledger-input.ts";
import { isSameAmount, type MovementSource, newMovement } from "./movement.ts";
import { scopesOf } from "./scope.ts";
import { reviewShortages } from "./shortage.ts";
import { type CounterSet, moveCounters } from "./store/counters.ts";
import { addMovements, type StoredMovement, selectMovementsByKey } from "./store/movements.ts";
import { loadKnownPlan } from "./store/plans.ts";
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
  readonly note?: string | null;
}

/** How a settlement moves a reservation. */
export interface Draw {
  /** What is open afterwards. */
  readonly openMicros: number;
  /** What leaves the reserved amount as spent, and as given back. */
  readonly commitFromOpen: number;
  readonly releaseFromOpen: number;
}

/**
 * Shares a settlement out over what is open of a reservation. Pure.
 *
 * What was spent comes out of what is open; what is left of it is a cost beyond the reservation, or one that comes after the reservation
 * expired: it has happened and is booked. Of what is given back only what is open moves: the rest was given back before, or is spent.
 */
export function drawFrom(
  openMicros: number,
  { commitMicros, releaseMicros }: Pick<Settlement, "commitMicros" | "releaseMicros">,
): Draw {
  const commitFromOpen = Math.min(openMicros, commitMicros);
  const releaseFromOpen = Math.min(openMicros - commitFromOpen, releaseMicros);
  return { openMicros: openMicros - commitFromOpen - releaseFromOpen, commitFromOpen, releaseFromOpen };
}

/** What is to be settled: amounts, or whatever is open. */
export type Ask =
  | { readonly commitMicros: number; readonly releaseMicros: number }
  | { readonly rest: "commit" | "release" };

/** A settlement, from whomever it comes. */
export interface SettleOrder {
  readonly reservationId: string;
  readonly key: string;
  readonly ask: Ask;
  readonly note: string | null;
  /** The amount as it was given, when it was not the engine's own reckoning. */
  readonly source: MovementSource | null;
  /** Whether more can't be given back than is open, nor anything settled when nothing is. */
  readonly checked: boolean;
}

/**
 * Reports what became of a reservation, whole or in parts: some of it spent, some of it given back.
 *
 * Part of the caller's transaction. Idempotent by key. What is spent is a fact and is always booked, on the day of the reservation, also
 * when it is more than was reserved or comes after the reservation expired; the limits then show an overspend and nothing more is granted.
 *
 * @returns what of the reservation is open still.
 * @throws {NOT_FOUND} for the reservation. {CONFLICT} when the key names another settlement. {MONEY_INVALID} for what is no amount.
 */
export async function settleReservation(
  unit: Unit,
  settlement: Settlement,
): Promise<{ readonly openMicros: number }> {
  const { reservationId, key, commitMicros, releaseMicros, note = null } = settlement;
  assertWhole("commitMicros", commitMicros);
  assertWhole("releaseMicros", releaseMicros);
  const ask = { commitMicros, releaseMicros };
  const { openMicros } = await settle(unit, {
    reservationId,
    key,
    ask,
    note,
    source: null,
    checked: false,
  });
  return { openMicros };
}

/** Settles; `movements` are what it added to the ledger, none when the key was settled before. */
export async function settle(
  unit: Unit,
  order: SettleOrder,
): Promise<{ readonly openMicros: number; readonly movements: readonly StoredMovement[] }> {
  const { ask, checked } = order;
  const id = requireId("reservation", order.reservationId);
  for (;;) {
    const reservation = await selectReservation(unit.db, unit.workspaceId, id);
    if (reservation === null) throw notFound("reservation", id);
    const { openMicros, campaignId } = reservation;
    if (await isSettled(unit, reservation, order)) return { openMicros, movements: [] };
    const amounts =
      "rest" in ask
        ? {
            commitMicros: ask.rest === "commit" ? openMicros : 0,
            releaseMicros: ask.rest === "release" ? openMicros : 0,
          }
        : ask;
    if (checked) assertOpen(unit, reservation, amounts);
    if (amounts.commitMicros === 0 && amounts.releaseMicros === 0) return { openMicros, movements: [] };
    const draw = drawFrom(openMicros, amounts);
    const set: CounterSet = { workspaceId: unit.workspaceId, campaignId, scopes: scopesOf(reservation) };
    // Another settled meanwhile: look again, now under the lock of the counters, so that it happens once at most.
    if (!(await drawReservation(unit.db, set, reservation, draw.openMicros))) continue;
    const movements = await book(unit, { reservation, set, draw, amounts, order });
    return { openMicros: draw.openMicros, movements };
  }
}

/** Refuses to give back what is not there, or to settle nothing. @throws {CONFLICT} */
function assertOpen(
  unit: Unit,
  { id, openMicros }: StoredReservation,
  { commitMicros, releaseMicros }: { readonly commitMicros: number; readonly releaseMicros: number },
): void {
  if (releaseMicros <= openMicros && commitMicros + releaseMicros > 0) return;
  const reason = openMicros === 0 ? "nothing of it is open" : `only ${openMicros} micros of it are open`;
  throw new CampaignKitError(
    "CONFLICT",
    `The reservation ${id} can't be settled so by ${unit.actor}: ${reason}. A cost beyond it is booked with budgets.recordCost.`,
    { entity: "reservation", id, reason },
  );
}

/** Whether the key was settled before. @throws {CONFLICT} when it was another settlement. */
async function isSettled(
  unit: Unit,
  reservation: StoredReservation,
  { key, ask, source }: SettleOrder,
): Promise<boolean> {
  const known = await selectMovementsByKey(unit.db, unit.workspaceId, reservation.campaignId, key);
  const commit = known.get("commit");
  const release = known.get("release");
  const some = commit ?? release;
  if (some === undefined) return false;
  if (some.reservationId !== reservation.id) throw keyTaken("settlement", key, "reservation");
  const same = (stored: StoredMovement | undefined, amountMicros: number): boolean =>
    stored === undefined ? amountMicros === 0 : isSameAmount(stored, { amountMicros, source });
  const fits =
    "rest" in ask
      ? known.has(ask.rest) && !known.has(ask.rest === "commit" ? "release" : "commit")
      : same(commit, ask.commitMicros) && same(release, ask.releaseMicros);
  if (!fits) throw keyTaken("settlement", key, "amount");
  return true;
}

async function book(
  unit: Unit,
  parts: {
    readonly reservation: StoredReservation;
    readonly set: CounterSet;
    readonly draw: Draw;
    readonly amounts: { readonly commitMicros: number; readonly releaseMicros: number };
    readonly order: SettleOrder;
  },
): Promise<readonly StoredMovement[]> {
  const { reservation, set, draw, amounts, order } = parts;
  const { commitMicros, releaseMicros } = amounts;
  const { campaignId, channel, day, costKind } = reservation;
  const reservedDelta = -(draw.commitFromOpen + draw.releaseFromOpen);
  const counters = await moveCounters(unit.db, set, {
    reservedDelta,
    committedDelta: commitMicros,
    ceiling: "none",
  });
  const { key, note, source } = order;
  const cause = { type: reservation.causeType, id: reservation.causeId };
  const common = {
    campaignId,
    key,
    channel,
    day,
    costKind,
    reservationId: reservation.id,
    cause,
    note,
    source,
  };
  const movements: StoredMovement[] = [];
  if (commitMicros > 0) {
    const deltas = { reservedDelta: -draw.commitFromOpen, committedDelta: commitMicros };
    movements.push(newMovement(unit, { ...common, ...deltas, kind: "commit", amountMicros: commitMicros }));
  }
  if (releaseMicros > 0) {
    const deltas = { reservedDelta: -draw.releaseFromOpen, committedDelta: 0 };
    movements.push(newMovement(unit, { ...common, ...deltas, kind: "release", amountMicros: releaseMicros }));
  }
  await addMovements(unit.db, unit.workspaceId, movements);
  const plan = await loadKnownPlan(unit.db, unit.workspaceId, campaignId);
  await raiseCrossed(unit, plan, counters, commitMicros);
  tellOverspent(unit, plan, counters, reservedDelta + commitMicros);
  await reviewShortages(unit, plan, counters);
  return movements;
}
