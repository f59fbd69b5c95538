/** Taking a reservation: the one path by which money is set aside, for the engine and for people. */
import type { Unit } from "../kernel/unit.ts";
import { keyTaken } from "./ledger-input.ts";
import { type MovementSource, newMovement } from "./movement.ts";
import { type Counter, scopesOf } from "./scope.ts";
import {
  addCounters,
  type Ceiling,
  type CounterSet,
  moveCounters,
  selectCounters,
} from "./store/counters.ts";
import { addMovements } from "./store/movements.ts";
import {
  insertReservation,
  type StoredReservation,
  selectReservationByKey,
  type WantedReservation,
} from "./store/reservations.ts";

/** What became of a wish to reserve. */
export type Taken =
  /** `granted` whole units are set aside, 0 when there was no room; the counters are as they stand now. */
  | { readonly outcome: "taken"; readonly granted: number; readonly counters: readonly Counter[] }
  /** The key names a reservation that was there before; nothing was done. */
  | { readonly outcome: "known"; readonly reservation: StoredReservation };

/** Sets aside as many whole units as fit, and writes it into the ledger. The counters stay locked until the unit ends. */
export async function takeReservation(
  unit: Unit,
  wanted: WantedReservation,
  options: {
    readonly ceiling: Exclude<Ceiling, "none">;
    readonly note: string | null;
    readonly source: MovementSource | null;
  },
): Promise<Taken> {
  const { db, workspaceId } = unit;
  const { campaignId, key, channel, day, costKind } = wanted;
  const { ceiling } = options;
  const set: CounterSet = { workspaceId, campaignId, scopes: scopesOf(wanted) };
  let grant = await insertReservation(db, workspaceId, wanted, { scopes: set.scopes, ceiling });
  if (grant === null) {
    const reservation = await selectReservationByKey(db, workspaceId, campaignId, key);
    if (reservation !== null) return { outcome: "known", reservation };
    // The lock of the total is held now, so that the counters of a new day, channel or kind of cost can be added; or somebody did that while
    // the lock was waited for, which a statement that began before does not see.
    await addCounters(db, set);
    grant = await insertReservation(db, workspaceId, wanted, { scopes: set.scopes, ceiling });
    if (grant === null) return { outcome: "taken", granted: 0, counters: await selectCounters(db, set) };
  }
  const { granted } = grant;
  const amountMicros = granted * wanted.unitMicros;
  const counters = await moveCounters(db, set, { reservedDelta: amountMicros, committedDelta: 0, ceiling });
  await addMovements(db, workspaceId, [
    newMovement(unit, {
      campaignId,
      key,
      kind: "reserve",
      amountMicros,
      reservedDelta: amountMicros,
      committedDelta: 0,
      channel,
      day,
      costKind,
      reservationId: wanted.id,
      cause: { type: wanted.causeType, id: wanted.causeId },
      note: options.note,
      source: options.source,
    }),
  ]);
  return { outcome: "taken", granted, counters };
}

/** Refuses a key that was used for another reservation. @throws {CONFLICT} */
export function assertSameReservation(known: StoredReservation, wanted: WantedReservation): void {
  const fields = ["unitMicros", "requested", "channel", "costKind", "causeType", "causeId"] as const;
  const changed = fields.find((field) => known[field] !== wanted[field]);
  if (changed !== undefined) throw keyTaken("reservation", wanted.key, changed);
}
