/**
 * What a channel answered, as the engine can work with it. Channels are written by others: one senseless answer must neither cost the results of
 * a whole batch nor keep it from its end.
 */
import { keptText } from "../kernel/text.ts";
import type { Receipt } from "../ports/channel.ts";
import { CampaignKitError, type ChannelFailureKind } from "../ports/errors.ts";
import type { BounceReport } from "../ports/inbound.ts";

const MAX_ERROR_LENGTH = 500;
const MAX_TEXT_LENGTH = 2_000;
/** A rest that a far side asks for is at least and at most so long. */
const SHORTEST_REST_MS = 1_000;
const LONGEST_REST_MS = 24 * 3_600_000;

const KINDS: readonly ChannelFailureKind[] = [
  "transient",
  "rate-limited",
  "auth",
  "rejected-content",
  "rejected-recipient",
  "unsupported",
];

/** The receipt of a message that was accepted: whatever else it says, it was. A cost is rounded up to whole micros. */
export function keptReceipt(answer: unknown): {
  readonly externalId: string | null;
  readonly url: string | null;
  readonly costMicros: number;
} {
  const { externalId, url, costMicros } = (answer ?? {}) as Partial<Record<keyof Receipt, unknown>>;
  return { externalId: keptAnswer(externalId), url: keptAnswer(url), costMicros: keptCost(costMicros) };
}

function keptAnswer(text: unknown): string | null {
  return typeof text === "string" ? keptText(text, MAX_TEXT_LENGTH) : null;
}

function keptCost(cost: unknown): number {
  const whole = typeof cost === "number" ? Math.ceil(cost) : 0;
  return Number.isSafeInteger(whole) && whole > 0 ? whole : 0;
}

/** A failure of which it is known that nothing went out. */
export interface CertainFailure {
  readonly kind: ChannelFailureKind;
  /** The rest that the far side asks for; `null` when it asks for none, or for one that makes no sense. */
  readonly restMs: number | null;
  /** What a refused recipient's server said about the address. */
  readonly bounce?: BounceReport;
}

/** `null` when the error does not say for certain that nothing went out: it is no `ChannelError`, says so, or is of a kind that nobody knows. */
export function certainFailureOf(error: unknown): CertainFailure | null {
  if (!CampaignKitError.is(error, "CHANNEL_FAILED")) return null;
  const { kind, outcome, retryAfterMs, bounce } = error.details;
  if (outcome !== "not-sent" || !KINDS.includes(kind)) return null;
  return { kind, restMs: keptRest(retryAfterMs), ...(bounce === undefined ? {} : { bounce }) };
}

/** The rest that a far side asks for with a failure, whether or not anything went out. */
export function restAskedBy(error: unknown): number | null {
  return CampaignKitError.is(error, "CHANNEL_FAILED") ? keptRest(error.details.retryAfterMs) : null;
}

function keptRest(ms: unknown): number | null {
  if (typeof ms !== "number" || Number.isNaN(ms)) return null;
  return Math.ceil(Math.min(Math.max(ms, SHORTEST_REST_MS), LONGEST_REST_MS));
}

/** What went wrong, for people. */
export function errorText(error: unknown): string {
  return keptText(error instanceof Error ? error.message : printed(error), MAX_ERROR_LENGTH);
}

function printed(value: unknown): string {
  try {
    return String(value);
  } catch {
    return "an error that can't be printed";
  }
}
