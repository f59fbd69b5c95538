/** Holding a claim: renewed in the background for as long as the work lasts, and given up in time when it can't be. */
import type { Clock } from "../ports/runtime.ts";

/** Renewals per lease. When the last fails, up to a quarter of the lease is left to stop in. */
const BEATS = 4;

/**
 * A lease further ahead than this was written by a clock that has since been set back; it counts as run out. A day, and never less than many
 * of one's own leases: an older worker with a longer lease is not robbed of its claims during a deploy. The clocks of several machines must
 * agree to within a lease.
 */
const HORIZON_MS = 86_400_000;
const HORIZON_LEASES = 10;

/** The instant beyond which no lease can honestly lie. */
export function leaseHorizon(now: number, leaseMs: number): number {
  return now + Math.max(HORIZON_MS, HORIZON_LEASES * leaseMs);
}

/** A claim to be kept. */
export interface HeldLease {
  readonly clock: Clock;
  readonly leaseMs: number;
  /** By the monotonic clock, just before the claim was made. */
  readonly since: number;
  /** Extends the claim in the database; false when somebody else has it now. */
  renew(): Promise<boolean>;
}

/**
 * Does the work while the lease is renewed. The signal aborts when another holds the claim now, and also when it could not be renewed for so
 * long that it is about to run out: work that goes on regardless must not act outside of the database.
 */
export async function holdingLease<Result>(
  lease: HeldLease,
  work: (lost: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  const done = new AbortController();
  const keeping = keep(lease, lost, done.signal);
  try {
    return await work(lost.signal);
  } finally {
    done.abort();
    await keeping;
  }
}

async function keep(lease: HeldLease, lost: AbortController, done: AbortSignal): Promise<void> {
  const { clock, leaseMs } = lease;
  const beatMs = leaseMs / BEATS;
  let heldSince = lease.since;
  for (;;) {
    await clock.sleep(beatMs, done);
    if (done.aborted) return;
    const asked = clock.monotonic();
    const held = await answered(lease, heldSince + leaseMs - beatMs / 2 - asked, done);
    if (done.aborted) return;
    if (held === true) heldSince = asked;
    else if (held === false || clock.monotonic() + beatMs >= heldSince + leaseMs) return lost.abort();
  }
}

/** The database's answer; `null` when there is none in time. */
async function answered(lease: HeldLease, patienceMs: number, done: AbortSignal): Promise<boolean | null> {
  const over = new AbortController();
  const renewal = lease.renew().catch(() => null);
  const impatience = lease.clock.sleep(patienceMs, AbortSignal.any([done, over.signal])).then(() => null);
  const answer = await Promise.race([renewal, impatience]);
  over.abort();
  return answer;
}
