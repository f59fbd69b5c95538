/** The one error class of campaignkit: a literal code, details typed by the code, and a message that says what to do. */
import type { BounceReport } from "./inbound.ts";

/** One problem in an input, with the path to it. */
export interface ValidationIssue {
  /** Where it is: object keys and array indices from the outside in. */
  readonly path: readonly (string | number)[];
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** What each error code carries. The keys are all the codes there are. */
export interface ErrorDetails {
  /** The input breaks its contract; every problem is listed at once. */
  readonly VALIDATION_FAILED: { readonly subject: string; readonly issues: readonly ValidationIssue[] };
  /** No such record in this workspace (a record of another workspace does not exist here). */
  readonly NOT_FOUND: { readonly entity: string; readonly id: string };
  /** The record changed since it was read; read it again and repeat the change. */
  readonly STALE_VERSION: {
    readonly entity: string;
    readonly id: string;
    readonly expected: number;
    readonly actual: number;
  };
  /** The lifecycle has no such move from the present state. */
  readonly ILLEGAL_TRANSITION: {
    readonly entity: string;
    readonly id: string;
    readonly from: string;
    readonly event: string;
    readonly allowed: readonly string[];
  };
  /** The actor's role does not carry the permission. */
  readonly FORBIDDEN: { readonly actor: string; readonly permission: string; readonly role: string | null };
  /** The record exists already, or a unique value is taken. */
  readonly ALREADY_EXISTS: { readonly entity: string; readonly field: string; readonly value: string };
  /** A rule of the workspace, or of the record's state, stands against it. */
  readonly POLICY_VIOLATION: {
    readonly policy: string;
    readonly limit: number | string | boolean;
    readonly actual: number | string | boolean;
  };
  /** The record can't be changed or removed now, because of what depends on it. */
  readonly CONFLICT: { readonly entity: string; readonly id: string; readonly reason: string };
  /** The budget does not cover the amount; nothing was reserved. */
  readonly BUDGET_EXCEEDED: {
    readonly campaignId: string;
    readonly scope: string;
    readonly requestedMicros: number;
    readonly availableMicros: number;
    readonly currency: string;
  };
  /** An amount is no safe integer of micros, or two currencies meet without a rate. */
  readonly MONEY_INVALID: { readonly reason: string };
  /** Two currencies meet and the host has given no rate for that pair that is in force on that day. */
  readonly EXCHANGE_RATE_MISSING: { readonly from: string; readonly to: string; readonly date: string };
  /** The host wired the engine wrongly. */
  readonly CONFIGURATION_INVALID: { readonly setting: string; readonly reason: string };
  /** The database schema is older than the code, or has drifted. */
  readonly SCHEMA_OUTDATED: { readonly namespace: string; readonly pending: readonly string[] };
  /** The database refused or could not be reached. `kind` says what may be done. */
  readonly STORAGE_FAILED: { readonly kind: StorageFailureKind };
  /** A channel could not send. `kind` says what may be done, `outcome` whether it may have gone out. */
  readonly CHANNEL_FAILED: {
    readonly kind: ChannelFailureKind;
    readonly outcome: "not-sent" | "unknown";
    readonly retryAfterMs: number | null;
    /** Of a recipient that was refused: what that says about the address; absent where the channel can't tell. */
    readonly bounce?: BounceReport;
  };
  /** A signed link or token is forged, damaged or of another purpose. */
  readonly TOKEN_INVALID: { readonly purpose: string };
  /** The engine has been stopped. */
  readonly ENGINE_STOPPED: { readonly operation: string };
}

/** Every error code. */
export type ErrorCode = keyof ErrorDetails;

/**
 * What a database failure allows.
 *
 * - `unique`, `constraint`: the statement breaks a rule of the schema; repeating it is useless.
 * - `contention`: deadlock, serialisation failure or busy database; the transaction was rolled back and may be repeated.
 * - `unavailable`: not reached or rolled back; may be repeated later.
 * - `outcome-unknown`: the connection broke while committing; read back before repeating.
 * - `full`: no room on the disk. `invalid`: the statement itself is wrong.
 */
export type StorageFailureKind =
  | "unique"
  | "constraint"
  | "contention"
  | "unavailable"
  | "outcome-unknown"
  | "full"
  | "invalid";

/**
 * What a channel failure allows.
 *
 * - `transient`: later, as is, and not before `retryAfterMs` where that is given. `rate-limited`: later, not before `retryAfterMs`; never counts as a failure of the message.
 * - `auth`: the account must be mended first. `rejected-content`: this post will never pass. `rejected-recipient`: this recipient never will.
 * - `unsupported`: the channel can't do it.
 */
export type ChannelFailureKind =
  | "transient"
  | "rate-limited"
  | "auth"
  | "rejected-content"
  | "rejected-recipient"
  | "unsupported";

const BRAND = Symbol.for("campaignkit.error");

/**
 * Every error that campaignkit throws.
 *
 * @example
 * ```ts
 * import { CampaignKitError } from "@campaignkit/core";
 *
 * const error: unknown = new CampaignKitError("NOT_FOUND", "No campaign has this id.", { entity: "campaign", id: "7" });
 * if (CampaignKitError.is(error, "NOT_FOUND")) console.log(error.details.entity);
 * ```
 */
export class CampaignKitError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "CampaignKitError";
  /** What happened, for programs. */
  readonly code: Code;
  /** The facts of it, typed by the code. Never a secret. */
  readonly details: ErrorDetails[Code];
  readonly [BRAND] = true;

  constructor(
    code: Code,
    message: string,
    details: ErrorDetails[Code],
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** Whether it is an error of campaignkit (of any copy of the library), and of that code if one is named. */
  static is<Code extends ErrorCode = ErrorCode>(
    error: unknown,
    code?: Code,
  ): error is CampaignKitError<Code> {
    const branded = typeof error === "object" && error !== null && BRAND in error;
    return branded && (code === undefined || (error as CampaignKitError).code === code);
  }
}

/** A failure of a storage driver; `details.kind` says whether repeating makes sense. */
export class StorageError extends CampaignKitError<"STORAGE_FAILED"> {
  constructor(kind: StorageFailureKind, message: string, options?: { readonly cause?: unknown }) {
    super("STORAGE_FAILED", message, { kind }, options);
  }
}

/**
 * What a channel throws when it could not send.
 *
 * `outcome: "not-sent"` is a promise that nothing went out; when in doubt say `"unknown"`.
 *
 * @example
 * ```ts
 * import { ChannelError } from "@campaignkit/core";
 *
 * throw new ChannelError({ kind: "rate-limited", outcome: "not-sent", retryAfterMs: 30_000, message: "429 from the provider." });
 * ```
 */
export class ChannelError extends CampaignKitError<"CHANNEL_FAILED"> {
  constructor(failure: {
    readonly kind: ChannelFailureKind;
    readonly outcome: "not-sent" | "unknown";
    readonly message: string;
    readonly retryAfterMs?: number;
    /** For `rejected-recipient`: what the refusal says about the address. */
    readonly bounce?: BounceReport;
    readonly cause?: unknown;
  }) {
    super(
      "CHANNEL_FAILED",
      failure.message,
      {
        kind: failure.kind,
        outcome: failure.outcome,
        retryAfterMs: failure.retryAfterMs ?? null,
        ...(failure.bounce === undefined ? {} : { bounce: failure.bounce }),
      },
      { cause: failure.cause },
    );
  }
}
