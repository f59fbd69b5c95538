/** A channel's account: what is known of it over all processes, and what an attempt says about it. Pure. */
import { CampaignKitError, type ChannelFailureKind } from "../../ports/errors.ts";
import { errorText } from "../answer.ts";
import type { Attempt } from "../outcome.ts";
import type { Slowdown } from "./slowdown.ts";

/** How an account does. `probing`: a few messages are out to see whether it works again. */
export type AccountState = "working" | "suspended" | "probing";

/** What is kept of an account. */
export interface Account {
  readonly channel: string;
  readonly state: AccountState;
  /** Failures in a row. */
  readonly failures: number;
  /** What the last of them was, and in the far side's words. */
  readonly failure: string | null;
  readonly error: string | null;
  readonly suspendedAt: number | null;
  readonly pauseMs: number;
  readonly blockedUntil: number;
  readonly slowdown: Slowdown | null;
}

/** Failures in a row that suspend an account, where the channel says nothing else. */
export const SUSPEND_AFTER = 20;
/** The pause of an account that has just been suspended, and the longest: it doubles with each probe that fails. */
export const FIRST_PAUSE_MS = 30_000;
export const LONGEST_PAUSE_MS = 900_000;
/** Messages that are sent to see whether an account works again. */
export const PROBE_SIZE = 3;
/** The longest rest that a far side is granted for the whole account. */
export const LONGEST_REST_MS = 3_600_000;
/** A block that ends later than this was written by a clock that has since been set back. */
const BLOCK_HORIZON_MS = 2 * LONGEST_REST_MS;

/** Until when nobody takes anything for it; `null` when somebody may now. */
export function blockedUntil(
  { blockedUntil: until }: Pick<Account, "blockedUntil">,
  now: number,
): number | null {
  return until > now && until <= now + BLOCK_HORIZON_MS ? until : null;
}

/** The latest end of a block that counts. */
export function blockHorizon(now: number): number {
  return now + BLOCK_HORIZON_MS;
}

/** What a failure that certainly sent nothing says about the account. */
const MEANING = {
  transient: "failure",
  auth: "failure",
  "rate-limited": "throttled",
  "rejected-content": "well",
  "rejected-recipient": "well",
  unsupported: "well",
} as const satisfies Record<ChannelFailureKind, Verdict["is"]>;

/** What an attempt says about the account. */
type Verdict =
  | { readonly is: "well" | "throttled" }
  | { readonly is: "failure"; readonly failure: string; readonly error: string };

/**
 * What an attempt says about the account: `well` when the far side answered, be it that it refused the message or the recipient; `throttled` when
 * it asked for rest; otherwise what failed.
 */
function verdictOf(attempt: Attempt): Verdict {
  if (attempt.kind === "accepted") return { is: "well" };
  const { error } = attempt;
  const unknown = { is: "failure", failure: "unknown", error: errorText(error) } as const;
  if (!CampaignKitError.is(error, "CHANNEL_FAILED") || error.details.outcome === "unknown") return unknown;
  const { kind } = error.details;
  // Channels are written by others: a kind that there is none of says nothing.
  if (!Object.hasOwn(MEANING, kind)) return unknown;
  return MEANING[kind] === "failure" ? { ...unknown, failure: kind } : { is: MEANING[kind] };
}

/** Failures in a row, as one process counts them: those that all know of, and those that it has not told yet. */
export class FailureStreak {
  #known = 0;
  #untold = 0;
  #suspended = false;

  /** What all processes together have counted, and whether that has suspended the account: then the probe decides, whatever was counted. */
  learn({ failures, suspended }: { readonly failures: number; readonly suspended: boolean }): void {
    this.#known = suspended ? 0 : failures;
    this.#suspended = suspended;
  }

  /** Whether it is suspended, as far as this process has heard. */
  get suspended(): boolean {
    return this.#suspended;
  }

  add(): void {
    this.#untold += 1;
  }

  /** So many of them are among those that all know of now. */
  tell(count: number): void {
    this.#untold = Math.max(0, this.#untold - count);
  }

  /** The far side has answered. */
  end(): void {
    this.#known = 0;
    this.#untold = 0;
  }

  get length(): number {
    return this.#known + this.#untold;
  }
}

/** What the attempts of one batch said about the account. */
export class AccountReport {
  readonly #process: FailureStreak;
  readonly #limit: number;
  readonly #probes: boolean;
  #answered = false;
  #throttled = false;
  #streak = 0;
  #last: { readonly failure: string; readonly error: string } | null = null;

  /** The batches of a process count together; `limit` failures in a row suspend the account. */
  constructor(
    process: FailureStreak,
    { limit, probes }: { readonly limit: number; readonly probes: boolean },
  ) {
    this.#process = process;
    this.#limit = limit;
    this.#probes = probes;
  }

  note(attempt: Attempt): void {
    const verdict = verdictOf(attempt);
    switch (verdict.is) {
      case "well":
        this.#answered = true;
        this.#streak = 0;
        this.#process.end();
        return;
      case "throttled":
        this.#throttled = true;
        return;
      case "failure":
        this.#streak += 1;
        this.#process.add();
        this.#last = verdict;
    }
  }

  /** Whether the far side took or refused a message, or asked for rest: then the account works. */
  get answered(): boolean {
    return this.#answered || this.#throttled;
  }

  /** Whether a failure before this batch is no longer one in a row with what follows. */
  get cleared(): boolean {
    return this.#answered;
  }

  /** Failures in a row at the end of it. */
  get streak(): number {
    return this.#streak;
  }

  get last(): { readonly failure: string; readonly error: string } | null {
    return this.#last;
  }

  /** Whether so many failed in a row that no more is to be started; of a probe, whether any did. */
  get tripped(): boolean {
    if (this.#probes) return this.#streak > 0;
    return this.#process.suspended || this.#process.length >= this.#limit;
  }
}
