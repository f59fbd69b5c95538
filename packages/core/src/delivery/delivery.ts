/** A delivery: one attempt-tracked send of a post. Its states, its reasons, and the moves between them as a table. */

import type { Returned } from "./returned.ts";

/** Every state of a delivery. */
export const DELIVERY_STATES = ["pending", "sending", "sent", "failed", "skipped", "uncertain"] as const;

/**
 * Where a delivery stands. `pending` waits (or is in a worker's hands), `sending` means that the call may be under way, the rest are outcomes.
 *
 * `uncertain`: it is not known whether the far side took it. A person, or the channel when it can be asked, decides.
 */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Every legal move; the database's guards and the model test follow this table. */
export const DELIVERY_MOVES: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  pending: ["sending", "sent", "failed", "skipped", "uncertain"],
  sending: ["pending", "sent", "failed", "skipped", "uncertain"],
  /** Only a person, a look-up, the worker that was taken for dead and comes back with the answer, or the message that comes back. */
  uncertain: ["pending", "sent", "failed"],
  /** Only when a person replays it. */
  failed: ["pending"],
  sent: [],
  skipped: [],
};

/**
 * What is done when it is not known whether a message went out.
 *
 * - `hold`: nothing; it is `uncertain`. The intent is written before the call, so that a crash never sends twice.
 * - `retry`: it is sent again; duplicates are bounded by what was in flight.
 * - `idempotent`: it is sent again with the same key; the far side sends it once.
 * - `lookup`: the channel is asked first.
 */
export type UnknownPolicy = "hold" | "retry" | "idempotent" | "lookup";

/** One delivery as the workspace sees it. */
export interface Delivery extends Returned {
  readonly id: string;
  readonly campaignId: string;
  readonly postId: string;
  /** `null` for the one delivery of a public post. */
  readonly contactId: string | null;
  readonly state: DeliveryState;
  /** Why it was skipped, failed or is uncertain; of one that is open, why an earlier attempt may have gone out. Empty otherwise. */
  readonly reason: string;
  readonly attempts: number;
  readonly onUnknown: UnknownPolicy;
  /** The far side's id. */
  readonly externalId: string | null;
  /** Where a public post can be seen, once it is out. */
  readonly url: string | null;
  /** The last error, for people. */
  readonly error: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

/** How far the deliveries are. The five outcomes always add up to the audience. */
export interface DeliveryProgress {
  readonly audience: number;
  /** Waiting, in a worker's hands, or under way. */
  readonly pending: number;
  readonly sent: number;
  readonly failed: number;
  readonly skipped: number;
  readonly uncertain: number;
  /** How many for each reason. */
  readonly reasons: {
    readonly failed: Readonly<Record<string, number>>;
    readonly skipped: Readonly<Record<string, number>>;
    readonly uncertain: Readonly<Record<string, number>>;
  };
}

/**
 * Whether it may have gone out, as far as is known. What may is paid for and counts under the frequency caps, once: from the first attempt in
 * doubt on, whatever follows.
 */
export function mayBeOut({
  state,
  reason,
}: {
  readonly state: DeliveryState;
  readonly reason: string;
}): boolean {
  switch (state) {
    case "sent":
    case "uncertain":
      return true;
    case "failed":
    case "skipped":
      return false;
    case "pending":
    case "sending":
      return reason !== "";
  }
}

/** What becomes of a delivery that shall not go out: one that may have gone out at an earlier attempt is uncertain, and keeps that reason. */
export function skippedUnlessInDoubt(
  doubt: string,
  reason: string,
): { readonly state: "skipped" | "uncertain"; readonly reason: string } {
  return doubt === "" ? { state: "skipped", reason } : { state: "uncertain", reason: doubt };
}

/** One part of the counters. */
export interface DeliveryCount {
  readonly state: string;
  readonly reason: string;
  readonly n: number;
}

/** Sums counters into progress. */
export function progressOf(counts: readonly DeliveryCount[]): DeliveryProgress {
  const sum = (...states: readonly DeliveryState[]): number =>
    counts
      .filter(({ state }) => states.some((wanted) => wanted === state))
      .reduce((total, { n }) => total + n, 0);
  const reasons = (wanted: DeliveryState): Record<string, number> => {
    const byReason: Record<string, number> = {};
    for (const { state, reason, n } of counts) {
      if (state === wanted && n !== 0) byReason[reason] = (byReason[reason] ?? 0) + n;
    }
    return byReason;
  };
  return {
    audience: counts.reduce((total, { n }) => total + n, 0),
    pending: sum("pending", "sending"),
    sent: sum("sent"),
    failed: sum("failed"),
    skipped: sum("skipped"),
    uncertain: sum("uncertain"),
    reasons: { failed: reasons("failed"), skipped: reasons("skipped"), uncertain: reasons("uncertain") },
  };
}
