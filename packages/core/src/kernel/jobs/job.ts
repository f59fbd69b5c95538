/** Durable jobs: what a kind of job is, how one is ordered, and what its handler is given. */
import type { Kernel } from "../kernel.ts";
import type { Scope } from "../scope.ts";
import type { Unit } from "../unit.ts";

/** How a kind of job is retried. */
export interface RetryPolicy {
  /** Attempts in a row without progress, before the job is dead. */
  readonly maxAttempts: number;
  /** The wait after the first failure; it doubles with each, with jitter. */
  readonly baseMs: number;
  /** The longest wait. */
  readonly maxMs: number;
}

/** The default: ten attempts over about half an hour. */
const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 10, baseMs: 1_000, maxMs: 600_000 };

/** A kind of job. The type parameter is what its payload carries. */
export interface JobKind<Payload extends object> {
  readonly name: string;
  readonly retry: RetryPolicy;
  /** Carries the payload's type only. */
  readonly payload?: Payload;
}

/** Names a kind of job; `handleJob` says what it does. */
export function defineJob<Payload extends object>(
  name: string,
  retry: Partial<RetryPolicy> = {},
): JobKind<Payload> {
  return { name, retry: { ...DEFAULT_RETRY, ...retry } };
}

/** An order for a job. */
export interface JobOrder<Payload extends object> {
  readonly payload: Payload;
  /** When it may run, in epoch milliseconds; at once when absent. */
  readonly runAt?: number;
  /**
   * At most one open job of the kind has this key in the workspace. An order while that one has not begun is part of it (the payload and time
   * of the first stand); an order that comes later makes the job run again, once, when it is done. Either way a run begins after this order's
   * transaction has committed.
   */
  readonly key?: string;
}

/** What happens to a job at the end of a step. */
export type StepEnd<Payload extends object> =
  /** It goes on in this run; a new payload is its progress, from where a crash resumes and attempts count anew. */
  | { readonly next: "continue"; readonly payload?: Payload }
  /** It is done, in the same transaction as the step's changes. */
  | { readonly next: "finish" }
  /** It rests until later, with its attempts counted anew. */
  | { readonly next: "rest"; readonly until: number; readonly payload?: Payload };

/** A running job, as its handler sees it. */
export interface JobRun<Payload extends object> {
  readonly id: string;
  readonly kind: string;
  readonly payload: Payload;
  /** 1 for the first attempt since it was ordered, rested or got on. */
  readonly attempt: number;
  readonly kernel: Kernel;
  /** The job's workspace, as `system`. */
  readonly scope: Scope;
  /** Aborts when the engine stops or the lease is lost: finish the step and return. What is not done is left to the next run. */
  readonly signal: AbortSignal;
  /**
   * One transaction, fenced by the claim: it commits only while this run still holds the job. Renews the lease.
   *
   * Put the effect and `finish` into one step and the effect happens exactly once. The work may be run again when the transaction lost
   * against others, so it must not act outside of it.
   */
  step<Result>(end: StepEnd<Payload>, work: (unit: Unit) => Promise<Result>): Promise<Result>;
}

/**
 * Does the work. Returning without `finish` or `rest` finishes the job, unless the signal has aborted; throwing retries it by the kind's
 * policy.
 */
export interface JobHandler {
  readonly kind: JobKind<object>;
  run(job: JobRun<object>): Promise<void>;
}

/** Says what a kind of job does. */
export function handleJob<Payload extends object>(
  kind: JobKind<Payload>,
  run: (job: JobRun<Payload>) => Promise<void>,
): JobHandler {
  return { kind: kind as JobKind<object>, run: run as (job: JobRun<object>) => Promise<void> };
}
