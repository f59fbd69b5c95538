/**
 * The reaper: owns every delivery whose worker was lost. What was certainly not sent is put back; what may have been sent is decided by the
 * policy on its row, never by the process that happens to run.
 */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { leaseHorizon } from "../kernel/lease.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import { account, type Decided, returnShare } from "./accounting.ts";
import { type Claim, selectExpiredClaims, takeExpiredClaim } from "./claims-store.ts";
import {
  changeDeliveries,
  type DeliveryChange,
  type Standing,
  selectStandings,
  UNSETTLED,
} from "./deliveries-store.ts";
import { lockDispatch } from "./dispatches-store.ts";
import { MAX_ATTEMPTS } from "./outcome.ts";
import { selectPost } from "./posts-store.ts";
import { insertReady } from "./ready-store.ts";

const WORKER_LOST = "worker-lost";
const LOST = "The worker that held the delivery was lost.";

/** Takes over all claims whose lease has run out. Resolves to whether there were any. */
export async function reapClaims(kernel: Kernel, leaseMs: number, part: number): Promise<boolean> {
  const now = kernel.runtime.clock.now();
  const expired = await selectExpiredClaims(kernel.db, now, leaseHorizon(now, leaseMs));
  let reaped = false;
  for (const { id, workspaceId } of expired) {
    const taking = runUnit({ kernel, workspaceId, actor: SYSTEM_ACTOR }, async (unit) => {
      const claim = await takeExpiredClaim(unit, id, leaseHorizon(unit.now, leaseMs));
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
async function settleLost(unit: Unit, claim: Claim, part: number): Promise<void> {
  const { postId } = claim;
  await lockDispatch(unit, postId);
  const open = (await selectStandings(unit, claim.deliveryIds)).filter(({ state }) =>
    UNSETTLED.states.includes(state),
  );
  const decided = open.map((delivery): Decided => {
    const doubted = { ...delivery, doubt: delivery.reason };
    return { delivery: doubted, change: changeOf(doubted) };
  });
  const changes = decided.map(({ change }) => change);
  await changeDeliveries(unit, { postId, part }, UNSETTLED, changes);
  const again = changes.filter(({ state }) => state === "pending").map(({ id }) => ({ id, dueAt: unit.now }));
  await insertReady(unit, postId, again);
  const { channel } = await selectPost(unit.db, unit.workspaceId, postId);
  await returnShare(unit, claim, channel, open.filter((delivery) => !mayBeCalled(delivery)).length);
  await account(unit, { claim, channel, step: "reaped", decided });
  const uncertain = changes.filter(({ state }) => state === "uncertain").length;
  if (uncertain > 0) {
    unit.record("deliveries.uncertain", {
      subject: { type: "post", id: postId },
      data: { postId, count: uncertain },
    });
  }
}

/** Without an intent the row says nothing; under `retry` and `idempotent` the call may have been made all the same. */
function mayBeCalled({ state, onUnknown }: Pick<Standing, "state" | "onUnknown">): boolean {
  return state === "sending" || onUnknown === "retry" || onUnknown === "idempotent";
}

function changeOf({
  id,
  state,
  onUnknown,
  doubt,
  attempts,
}: Standing & { readonly doubt: string }): DeliveryChange {
  if (!mayBeCalled({ state, onUnknown })) return { id, state: "pending", reason: doubt, attempts };
  const tried = state === "sending" ? attempts : attempts + 1;
  const givenUp = onUnknown === "hold" || tried >= MAX_ATTEMPTS;
  return { id, state: givenUp ? "uncertain" : "pending", reason: WORKER_LOST, attempts: tried, error: LOST };
}
