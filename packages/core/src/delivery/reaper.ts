/**
 * The reaper: owns every delivery whose worker was lost. What was certainly not sent is put back; what may have been sent is decided by the
 * policy on its row, never by the process that happens to run.
 */
import { settleReservation } from "../budgets/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import { addCounts, type DeliveryChange, selectStates, updateDeliveries } from "./deliveries-store.ts";
import { type ClaimRow, insertReady, selectExpiredClaims, takeExpiredClaim } from "./dispatch-store.ts";
import { MAX_ATTEMPTS } from "./outcome.ts";
import { selectPost } from "./posts-store.ts";
import { channelNamed } from "./prepared-posts.ts";

/** Takes over all claims whose lease has run out. Resolves to whether there were any. */
export async function reapClaims(kernel: Kernel, part: number): Promise<boolean> {
  const expired = await selectExpiredClaims(kernel.db, kernel.runtime.clock.now());
  for (const { id, workspaceId } of expired) {
    await runUnit({ kernel, workspaceId, actor: SYSTEM_ACTOR }, (unit) => reapClaim(unit, id, part));
  }
  return expired.length > 0;
}

async function reapClaim(unit: Unit, claimId: string, part: number): Promise<void> {
  const claim = await takeExpiredClaim(unit.db, claimId, unit.now);
  if (claim === null) return;
  const open = (await selectStates(unit.db, claim.deliveryIds)).filter(
    ({ state }) => state === "pending" || state === "sending",
  );
  const changes = open.map((delivery): DeliveryChange => {
    const { id, attempts } = delivery;
    const base = { id, externalId: null, costMicros: 0, error: LOST };
    // Without an intent the row says nothing; under `retry` and `idempotent` the call may have been made.
    const maybeSent =
      delivery.state === "sending" || delivery.on_unknown === "retry" || delivery.on_unknown === "idempotent";
    if (!maybeSent) return { ...base, state: "pending", reason: delivery.reason, attempts, error: null };
    const tried = delivery.state === "sending" ? attempts : attempts + 1;
    const givenUp = delivery.on_unknown === "hold" || tried >= MAX_ATTEMPTS;
    return givenUp
      ? { ...base, state: "uncertain", reason: WORKER_LOST, attempts: tried }
      : { ...base, state: "pending", reason: WORKER_LOST, attempts: tried };
  });
  await updateDeliveries(unit.db, ["pending", "sending"], changes, unit.now);
  const uncertain = changes.filter(({ state }) => state === "uncertain").length;
  await addCounts(unit.db, claim.postId, part, [
    { state: "pending", reason: "", n: -uncertain },
    { state: "uncertain", reason: WORKER_LOST, n: uncertain },
  ]);
  const again = changes.filter(({ state }) => state === "pending").map(({ id }) => ({ id, dueAt: unit.now }));
  await insertReady(unit.db, claim.postId, again);
  await settleMoney(unit, claim, { open: open.length, uncertain });
  if (uncertain > 0) {
    unit.record("deliveries.uncertain", {
      subject: { type: "post", id: claim.postId },
      data: { postId: claim.postId, count: uncertain },
    });
  }
}

const WORKER_LOST = "worker-lost";
const LOST = "The worker that held the delivery was lost.";

/** An uncertain message is paid for; the rest of the lost batch's money is free again. */
async function settleMoney(
  unit: Unit,
  claim: ClaimRow,
  count: { readonly open: number; readonly uncertain: number },
): Promise<void> {
  if (claim.reservationId === null) return;
  const post = await selectPost(unit.db, claim.workspaceId, claim.postId);
  const unitMicros = channelNamed(unit.kernel, post.channel).costMicros ?? 0;
  await settleReservation(unit, {
    reservationId: claim.reservationId,
    key: `${claim.id}:reaped`,
    commitMicros: count.uncertain * unitMicros,
    releaseMicros: (count.open - count.uncertain) * unitMicros,
  });
}
