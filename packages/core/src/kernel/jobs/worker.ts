/** Runs due jobs: claims them under a lease, keeps the lease while they run, and retries, rests or buries what fails. */
import { backoffMs } from "../../math/backoff.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import type { Kernel } from "../kernel.ts";
import { holdingLease, leaseHorizon } from "../lease.ts";
import type { Loop } from "../loop.ts";
import type { JobRunOutcome } from "../telemetry.ts";
import { keptText } from "../text.ts";
import { runUnit } from "../unit.ts";
import type { JobHandler, RetryPolicy } from "./job.ts";
import { LeaseLost, orderAgain, RunningJob } from "./running-job.ts";
import { buryJob, type ClaimedJob, claimJobs, nextJobAt, reapJobs, renewJob, retryJob } from "./store.ts";

/** How jobs are worked. */
export interface JobWorkerOptions {
  /** Jobs at once in this process. */
  readonly concurrency: number;
  /** How long a claim holds without renewal. */
  readonly leaseMs: number;
}

/** A job that this process does not know is left to others for so long. */
const UNKNOWN_KIND_REST_MS = 60_000;

const MAX_ERROR_LENGTH = 2_000;

function textOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return keptText(text, MAX_ERROR_LENGTH);
}

/** What the audit trail keeps for good: the kind of error. Its text may name people, and stays with the job, which goes one day. */
function nameOf(error: unknown): string {
  if (CampaignKitError.is(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/** The job loop of one engine. */
export class JobWorker implements Loop {
  readonly name = "jobs";
  readonly topic = "jobs";
  readonly #kernel: Kernel;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #options: JobWorkerOptions;
  /** Random per start, so that a restarted process is never taken for the one before. */
  readonly #owner: string;
  readonly #running = new Set<Promise<void>>();

  constructor(kernel: Kernel, handlers: readonly JobHandler[], options: JobWorkerOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#owner = kernel.runtime.ids.next();
    this.#handlers = new Map(handlers.map((handler) => [handler.kind.name, handler]));
    if (this.#handlers.size !== handlers.length) {
      throw new CampaignKitError(
        "CONFIGURATION_INVALID",
        "Two handlers are given for one kind of job; each kind has one.",
        {
          setting: "jobs",
          reason: "duplicate kind",
        },
      );
    }
  }

  /** Fills the free places; a long job holds only its own. Waits for a place when there is none. */
  async tick(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#kernel.runtime;
    const { concurrency, leaseMs } = this.#options;
    const dueAt = await this.nextDueAt();
    const now = clock.now();
    if (dueAt === null || dueAt > now) return false;
    await reapJobs(this.#kernel.db, now, leaseHorizon(now, leaseMs));
    const free = concurrency - this.#running.size;
    const since = clock.monotonic();
    const claimed =
      free > 0
        ? await claimJobs(this.#kernel.db, {
            owner: this.#owner,
            now,
            leaseUntil: now + leaseMs,
            limit: free,
          })
        : [];
    for (const job of claimed) {
      const run = this.#run(job, since, signal).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    if (this.#running.size >= concurrency) await Promise.race(this.#running);
    return claimed.length > 0;
  }

  nextDueAt(): Promise<number | null> {
    const horizon = leaseHorizon(this.#kernel.runtime.clock.now(), this.#options.leaseMs);
    return nextJobAt(this.#kernel.db, horizon);
  }

  async drained(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Never rejects: a job that can't even be put back returns when its lease runs out. */
  async #run(job: ClaimedJob, since: number, signal: AbortSignal): Promise<void> {
    const { logger } = this.#kernel.runtime;
    const handler = this.#handlers.get(job.kind);
    try {
      if (handler === undefined) await this.#leaveToOthers(job);
      else await this.#handle(job, handler, since, signal);
    } catch (error) {
      const fields = { kind: job.kind, jobId: job.id, error: textOf(error) };
      logger.error("A job could not be put back; it returns when its lease runs out.", fields);
    }
  }

  async #handle(job: ClaimedJob, handler: JobHandler, since: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#kernel.runtime;
    const { leaseMs } = this.#options;
    const startedAt = clock.monotonic();
    const renew = (): Promise<boolean> => renewJob(this.#kernel.db, job, clock.now() + leaseMs);
    const outcome = await holdingLease({ clock, leaseMs, since, renew }, async (lost) => {
      const running = new RunningJob(this.#kernel, job, AbortSignal.any([signal, lost]), leaseMs);
      try {
        await this.#inSpan(running, () => this.#attempt(running, handler));
        if (running.ended) return "done";
        await this.#giveBack(running);
        return lost.aborted ? "lost" : "stopped";
      } catch (error) {
        return this.#failed(running, error, { retry: handler.kind.retry, lost });
      }
    });
    this.#kernel.telemetry.jobRun(job.kind, outcome, clock.monotonic() - startedAt);
  }

  /** Leaves the job ended, unless it was told to stop. */
  async #attempt(running: RunningJob, handler: JobHandler): Promise<void> {
    if (running.claim.attempts > handler.kind.retry.maxAttempts) {
      throw new Error("Every worker that took the job stopped before it had an outcome.");
    }
    await handler.run(running);
    if (!running.ended && !running.signal.aborted)
      await running.step({ next: "finish" }, async () => undefined);
  }

  #inSpan(running: RunningJob, work: () => Promise<void>): Promise<void> {
    const { id, kind, attempt, claim } = running;
    const attributes = {
      "campaignkit.job.id": id,
      "campaignkit.job.attempt": attempt,
      "campaignkit.workspace": claim.workspaceId,
    };
    return this.#kernel.telemetry.span(`campaignkit.job ${kind}`, attributes, work);
  }

  async #failed(
    running: RunningJob,
    error: unknown,
    { retry, lost }: { readonly retry: RetryPolicy; readonly lost: AbortSignal },
  ): Promise<JobRunOutcome> {
    if (error instanceof LeaseLost) return "lost";
    const { logger } = this.#kernel.runtime;
    const { id: jobId, kind, attempt } = running;
    const fields = { kind, jobId, attempt, error: textOf(error) };
    if (running.ended) {
      logger.warn("A job's handler failed after the job had ended; there is nothing to retry.", fields);
    } else if (running.signal.aborted) {
      await this.#giveBack(running);
      return lost.aborted ? "lost" : "stopped";
    } else if (attempt < retry.maxAttempts) {
      logger.warn("A job failed and will be retried.", fields);
      await this.#retry(running, error, retry);
    } else {
      logger.error("A job failed for good.", fields);
      await this.#bury(running, error);
    }
    return "failed";
  }

  async #retry(running: RunningJob, error: unknown, { baseMs, maxMs }: RetryPolicy): Promise<void> {
    const { clock, random } = this.#kernel.runtime;
    const { attempt } = running;
    const runAt = clock.now() + backoffMs({ attempt, baseMs, maxMs }, random.next());
    await retryJob(this.#kernel.db, running.claim, { runAt, attempts: attempt, error: textOf(error) });
  }

  /** The engine stops, or the lease went: nothing failed, so the attempt does not count. */
  async #giveBack(running: RunningJob): Promise<void> {
    const runAt = this.#kernel.runtime.clock.now();
    await retryJob(this.#kernel.db, running.claim, { runAt, attempts: running.attempt - 1, error: null });
  }

  async #leaveToOthers(job: ClaimedJob): Promise<void> {
    const { clock, logger } = this.#kernel.runtime;
    const error = `No handler for jobs of kind "${job.kind}" is registered in this process.`;
    logger.warn("A job of an unknown kind is left to other processes.", { kind: job.kind, jobId: job.id });
    const runAt = clock.now() + UNKNOWN_KIND_REST_MS;
    await retryJob(this.#kernel.db, job, { runAt, attempts: job.attempts - 1, error });
  }

  async #bury(running: RunningJob, error: unknown): Promise<void> {
    const { id: jobId, kind } = running;
    await runUnit(running.frame, async (unit) => {
      const ending = await buryJob(unit.db, running.claim, textOf(error));
      if (ending === null) return;
      orderAgain(unit, running.claim, ending.again);
      unit.record("job.dead", {
        subject: { type: "job", id: jobId },
        data: { jobId, kind, error: nameOf(error) },
      });
    });
  }
}
