/**
 * The reaper: owns every delivery whose worker was lost. What was certainly not sent is put back; what may have been sent is decided by the
 * policy on its row, never by the process that happens to run.
 */
import { settleReservation } from "../budgets/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { leaseHorizon } from "../kernel/lease.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import {
  addCounts,
  type DeliveryChange,
  type Standing,
  selectStates,
  updateDeliveries,
} from "./deliveries-store.ts";
import { mayBeOut } from "./delivery.ts";
import { type ClaimRow, insertReady, selectExpiredClaims, takeExpiredClaim } from "./dispatch-store.ts";
import { returnPlaces } from "./frequency.ts";
import { MAX_ATTEMPTS } from "./outcome.ts";
import { selectPost } from "./posts-store.ts";

const WORKER_LOST = "worker-lost";
const LOST = "The worker that held the delivery was lost.";

/** Takes over all claims whose lease has run out. Resolves to whether there were any. */
export async function reapClaims(kernel: Kernel, leaseMs: number, part: number): Promise<boolean> {
  const now = kernel.runtime.clock.now();
  const expired = await selectExpiredClaims(kernel.db, now, leaseHorizon(now, leaseMs));
  let reaped = false;
  for (const { id, workspaceId } of expired) {
    const taking = runUnit({ kernel, workspaceId, actor: SYSTEM_ACTOR }, async (unit) => {
      const claim = await takeExpiredClaim(unit.db, id, unit.now, leaseHorizon(unit.now, leaseMs));
      if (claim !== null) await settleLost(unit, claim, part);
      return claim !== null;
    });
    // One claim that can't be settled must not keep the others, nor all sending, waiting.
    const taken = await taking.catch((error: unknown) => {
      kernel.runtime.logger.error("A lost worker's claim could not be taken over.", {
        claimId: id,
        error: String(error),
      });
      return false;
    });
    reaped ||= taken;
  }
  return reaped;
}

/** Decides about everything that the lost worker had in hand. */
async function settleLost(unit: Unit, claim: ClaimRow, part: number): Promise<void> {
  const { postId } = claim;
  const open = (await selectStates(unit.db, claim.deliveryIds)).filter(
    ({ state }) => state === "pending" || state === "sending",
  );
  const lost = open.map((delivery) => ({ delivery, change: changeOf(delivery) }));
  const changes = lost.map(({ change }) => change);
  await updateDeliveries(unit.db, ["pending", "sending"], changes, unit.now);
  const uncertain = changes.filter(({ state }) => state === "uncertain").length;
  await addCounts(unit.db, postId, part, [
    { state: "pending", reason: "", n: -uncertain },
    { state: "uncertain", reason: WORKER_LOST, n: uncertain },
  ]);
  const again = changes.filter(({ state }) => state === "pending").map(({ id }) => ({ id, dueAt: unit.now }));
  await insertReady(unit.db, postId, again);
  const unpaid = lost.filter(({ delivery }) => delivery.reason === "");
  await pay(unit, claim, {
    unpaid: unpaid.length,
    out: unpaid.filter(({ change }) => mayBeOut(change)).length,
  });
  await freePlaces(
    unit,
    claim,
    lost.filter(({ change }) => !mayBeOut(change)).map(({ delivery }) => delivery),
  );
  if (uncertain > 0) {
    unit.record("deliveries.uncertain", {
      subject: { type: "post", id: postId },
      data: { postId, count: uncertain },
    });
  }
}

/** Without an intent the row says nothing; under `retry` and `idempotent` the call may have been made all the same. */
function changeOf({ id, state, on_unknown, reason, attempts }: Standing): DeliveryChange {
  const base = { id, externalId: null, costMicros: 0, error: LOST };
  const maybeSent = state === "sending" || on_unknown === "retry" || on_unknown === "idempotent";
  if (!maybeSent) return { ...base, state: "pending", reason, attempts, error: null };
  const tried = state === "sending" ? attempts : attempts + 1;
  const givenUp = on_unknown === "hold" || tried >= MAX_ATTEMPTS;
  return { ...base, state: givenUp ? "uncertain" : "pending", reason: WORKER_LOST, attempts: tried };
}

/** What may have gone out is paid for; the rest of the lost batch's money is free again. */
async function pay(
  unit: Unit,
  { id, reservationId, unitMicros }: ClaimRow,
  { unpaid, out }: { readonly unpaid: number; readonly out: number },
): Promise<void> {
  if (reservationId === null) return;
  await settleReservation(unit, {
    reservationId,
    key: `${id}:reaped`,
    commitMicros: out * unitMicros,
    releaseMicros: (unpaid - out) * unitMicros,
  });
}

/** What certainly did not go out takes no place under a frequency cap. */
async function freePlaces(unit: Unit, { postId }: ClaimRow, deliveries: readonly Standing[]): Promise<void> {
  const { channel } = await selectPost(unit.db, unit.workspaceId, postId);
  const address = Object.hasOwn(unit.kernel.channels, channel)
    ? unit.kernel.channels[channel]?.address
    : undefined;
  if (address === undefined) return;
  const places = deliveries.flatMap(({ id, contact_id }) =>
    contact_id === null ? [] : [{ deliveryId: id, contactId: contact_id }],
  );
  await returnPlaces(unit, address, places);
}
