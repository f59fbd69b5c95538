/**
 * What an attempt means for its delivery, and as what it is written. Pure: a table of channel failures, and the policy for what is not known.
 */
import { backoffMs } from "../math/backoff.ts";
import type { Receipt } from "../ports/channel.ts";
import type { ChannelFailureKind } from "../ports/errors.ts";
import type { BounceReport } from "../ports/inbound.ts";
import { certainFailureOf, errorText, keptReceipt, restAskedBy } from "./answer.ts";
import type { DeliveryChange } from "./deliveries-store.ts";
import type { UnknownPolicy } from "./delivery.ts";
import type { HoldReason } from "./hold.ts";

/** Attempts of one delivery, before it is given up. */
export const MAX_ATTEMPTS = 8;
/** The longest wait between two attempts of a delivery. */
export const MAX_RETRY_MS = 3_600_000;
const RATE_LIMIT_DEFAULT_MS = 30_000;

/** What one attempt came to. */
export type Attempt =
  | { readonly kind: "accepted"; readonly receipt: Receipt }
  | { readonly kind: "error"; readonly error: unknown };

/** What is written of it. `hold`: the whole post stops until its account is mended; `slowMs`: the channel rests for so long. */
export type Settlement =
  | {
      readonly to: "sent";
      readonly externalId: string | null;
      readonly url: string | null;
      readonly costMicros: number;
    }
  | {
      readonly to: "failed" | "skipped";
      readonly reason: string;
      readonly error: string;
      /** What a refused recipient's server said about the address. */
      readonly bounce?: BounceReport;
    }
  | { readonly to: "uncertain"; readonly reason: string; readonly error: string }
  | {
      readonly to: "pending";
      readonly afterMs: number;
      readonly error: string;
      /** Why this attempt may have gone out all the same; empty when it certainly did not. */
      readonly doubt: string;
      /** Whether the attempt counts toward the limit: a rate limit or a broken account is not the message's fault. */
      readonly counts: boolean;
      readonly slowMs?: number;
      readonly hold?: HoldReason;
    };

/** What a failure that certainly sent nothing leads to. */
const NOT_SENT: Readonly<Record<ChannelFailureKind, "retry" | "slow" | "hold" | "fail">> = {
  transient: "retry",
  "rate-limited": "slow",
  auth: "hold",
  "rejected-content": "fail",
  "rejected-recipient": "fail",
  unsupported: "fail",
};

const UNKNOWN = "outcome-unknown";

/** When and by what it is decided what follows from an attempt. */
export interface AttemptContext {
  /** What the delivery's row says to do when an outcome is unknown. */
  readonly policy: UnknownPolicy;
  /** Attempts of the delivery, this one included. */
  readonly attempts: number;
  /** The wait after the first attempt; it doubles with each. */
  readonly retryBaseMs: number;
  /** A random number in [0, 1). */
  readonly chance: number;
}

/**
 * Decides what follows from an attempt.
 *
 * An error that is no `ChannelError` says nothing about whether the message went out, and is taken as unknown.
 * With policy `lookup` an unknown outcome is put back, and the channel is asked before the next attempt.
 */
export function settlementOf(
  attempt: Attempt,
  { policy, attempts, retryBaseMs, chance }: AttemptContext,
): Settlement {
  if (attempt.kind === "accepted") {
    return { to: "sent", ...keptReceipt(attempt.receipt) };
  }
  const { error } = attempt;
  const failure = certainFailureOf(error);
  const text = errorText(error);
  const again = (doubt: string): Settlement => ({
    to: "pending",
    doubt,
    afterMs: Math.max(
      backoffMs({ attempt: attempts, baseMs: retryBaseMs, maxMs: MAX_RETRY_MS }, chance),
      Math.min(restAskedBy(error) ?? 0, MAX_RETRY_MS),
    ),
    error: text,
    counts: true,
  });
  if (failure === null) {
    if (policy === "hold") return { to: "uncertain", reason: UNKNOWN, error: text };
    return attempts < MAX_ATTEMPTS
      ? again(UNKNOWN)
      : { to: "uncertain", reason: "attempts-exhausted", error: text };
  }
  switch (NOT_SENT[failure.kind]) {
    case "retry":
      return attempts < MAX_ATTEMPTS
        ? again("")
        : { to: "failed", reason: "attempts-exhausted", error: text };
    case "slow": {
      const wait = failure.restMs ?? RATE_LIMIT_DEFAULT_MS;
      return { to: "pending", doubt: "", afterMs: wait, error: text, counts: false, slowMs: wait };
    }
    case "hold":
      return { to: "pending", doubt: "", afterMs: 0, error: text, counts: false, hold: "auth" };
    case "fail":
      return {
        to: "failed",
        reason: failure.kind,
        error: text,
        ...(failure.bounce === undefined ? {} : { bounce: failure.bounce }),
      };
  }
}

/**
 * The state a settlement leads to, as the row and the counters have it. What may have gone out at an earlier attempt is never said to have
 * failed or been skipped: it is uncertain.
 */
export function changeOf(
  delivery: { readonly id: string; readonly attempts: number; readonly doubt: string },
  settlement: Settlement,
): DeliveryChange {
  // Counted here whether or not an intent counted it on the row, unless it was not the message's fault.
  const attempts = delivery.attempts + (settlement.to === "pending" && !settlement.counts ? 0 : 1);
  const base = { id: delivery.id, attempts, reason: "" };
  switch (settlement.to) {
    case "sent":
      return {
        ...base,
        state: "sent",
        externalId: settlement.externalId,
        url: settlement.url,
        costMicros: settlement.costMicros,
      };
    case "failed":
    case "skipped":
      return delivery.doubt === ""
        ? { ...base, state: settlement.to, reason: settlement.reason, error: settlement.error }
        : { ...base, state: "uncertain", reason: delivery.doubt, error: settlement.error };
    case "uncertain":
      return { ...base, state: "uncertain", reason: settlement.reason, error: settlement.error };
    case "pending":
      return {
        ...base,
        state: "pending",
        reason: settlement.doubt || delivery.doubt,
        error: settlement.error,
      };
  }
}
