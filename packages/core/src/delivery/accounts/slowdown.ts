/**
 * The rate of an account that was throttled: halved at once, then grown back little by little (additive increase, multiplicative decrease, as
 * TCP does it). Pure.
 */

/** What throttling left behind. Rates are starts per second. */
export interface Slowdown {
  readonly at: number;
  /** The rate right after it. */
  readonly to: number;
  /** The rate that it grows back to. */
  readonly from: number;
}

/** From nothing to the full rate it takes so long; from the half of it half as long. */
const RECOVERY_MS = 600_000;
/** However often it is halved, so much of the full rate is left. */
const LEAST_SHARE = 1 / 64;
/** An account without a limit that sent less than this when it was throttled counts as one that sent so much. */
const LEAST_UNBOUNDED = 16;

/** How many may be started per second now. `full` is the account's limit, and can be infinite. */
export function rateAt(full: number, slowdown: Slowdown | null, now: number): number {
  if (slowdown === null || now < slowdown.at) return full;
  const grown = slowdown.to + (slowdown.from * (now - slowdown.at)) / RECOVERY_MS;
  return grown >= slowdown.from ? full : Math.min(full, grown);
}

/** What another throttling leaves behind, of an account that was seen to start so many per second. */
export function slowDown(full: number, slowdown: Slowdown | null, observed: number, now: number): Slowdown {
  const present = rateAt(full, slowdown, now);
  const from = Number.isFinite(full)
    ? full
    : Number.isFinite(present) && slowdown !== null
      ? slowdown.from
      : Math.max(observed, LEAST_UNBOUNDED);
  return { at: now, from, to: Math.max(Math.min(present, from) / 2, from * LEAST_SHARE) };
}
