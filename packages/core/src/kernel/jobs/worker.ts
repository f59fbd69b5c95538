/** Runs due jobs: claims them under a lease, keeps the lease while they run, and retries, rests or buries what fails. */
import PQueue from "p-queue";
import { backoffMs } from "../../math/backoff.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { SYSTEM_ACTOR } from "../access.ts";
import type { Kernel } from "../kernel.ts";
import type { Loop } from "../loop.ts";
import { Scope } from "../scope.ts";
import { runUnit, type Unit } from "../unit.ts";
import type { JobHandler, JobRun, StepEnd } from "./job.ts";
import {
  buryJob,
  type ClaimedJob,
  claimJobs,
  finishJob,
  nextJobAt,
  reapJobs,
  renewJob,
  restJob,
  retryJob,
} from "./store.ts";

/** How jobs are worked. */
export interface JobWorkerOptions {
  /** Jobs at once in this process. */
  readonly concurrency: number;
  /** How long a claim holds without renewal. */
  readonly leaseMs: number;
}

/** Another run holds the job now; what this one would have written must not be. */
class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

const MAX_ERROR_LENGTH = 2_000;

/** The job loop of one engine. */
export class JobWorker implements Loop {
  readonly name = "jobs";
  readonly #kernel: Kernel;
  readonly #handlers: ReadonlyMap<string, JobHandler>;
  readonly #options: JobWorkerOptions;
  /** Random per start, so that a restarted process is never taken for the one before. */
  readonly #owner: string;

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

  async tick(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#kernel.runtime;
    await reapJobs(this.#kernel.db, clock.now());
    const now = clock.now();
    const claimed = await claimJobs(this.#kernel.db, {
      owner: this.#owner,
      now,
      leaseUntil: now + this.#options.leaseMs,
      limit: this.#options.concurrency,
    });
    const queue = new PQueue({ concurrency: this.#options.concurrency });
    await queue.addAll(claimed.map((job) => () => this.#run(job, signal)));
    return claimed.length > 0;
  }

  nextDueAt(): Promise<number | null> {
    return nextJobAt(this.#kernel.db);
  }

  async #run(job: ClaimedJob, signal: AbortSignal): Promise<void> {
    const handler = this.#handlers.get(job.kind);
    if (handler === undefined) {
      await this.#fail(
        job,
        new Error(`No handler for jobs of kind "${job.kind}" is registered in this process.`),
        undefined,
      );
      return;
    }
    const lease = new AbortController();
    const running = new RunningJob(
      this.#kernel,
      job,
      AbortSignal.any([signal, lease.signal]),
      this.#options.leaseMs,
    );
    const renewal = this.#keepLease(job, lease);
    try {
      await handler.run(running);
      if (!running.ended) await running.step({ next: "finish" }, async () => undefined);
    } catch (error) {
      if (!(error instanceof LeaseLost)) await this.#fail(job, error, handler);
    } finally {
      lease.abort();
      await renewal;
    }
  }

  async #keepLease(job: ClaimedJob, lease: AbortController): Promise<void> {
    const { clock } = this.#kernel.runtime;
    for (;;) {
      await clock.sleep(this.#options.leaseMs / 3, lease.signal);
      if (lease.signal.aborted) return;
      const held = await renewJob(this.#kernel.db, job, clock.now() + this.#options.leaseMs).catch(
        () => true,
      );
      if (!held) lease.abort();
    }
  }

  async #fail(job: ClaimedJob, error: unknown, handler: JobHandler | undefined): Promise<void> {
    const { clock, random, logger } = this.#kernel.runtime;
    const text = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(
      0,
      MAX_ERROR_LENGTH,
    );
    const retry = handler?.kind.retry;
    if (retry === undefined || job.attempts < retry.maxAttempts) {
      const wait = backoffMs(
        { attempt: job.attempts, baseMs: retry?.baseMs ?? 60_000, maxMs: retry?.maxMs ?? 600_000 },
        random.next(),
      );
      logger.warn("A job failed and will be retried.", {
        kind: job.kind,
        jobId: job.id,
        attempt: job.attempts,
        error: text,
      });
      await retryJob(this.#kernel.db, job, clock.now() + wait, text);
      return;
    }
    logger.error("A job failed for good.", {
      kind: job.kind,
      jobId: job.id,
      attempts: job.attempts,
      error: text,
    });
    const frame = { kernel: this.#kernel, workspaceId: job.workspaceId, actor: SYSTEM_ACTOR };
    await runUnit(frame, async (unit) => {
      if (!(await buryJob(unit.db, job, text))) return;
      unit.record("job.dead", {
        subject: { type: "job", id: job.id },
        data: { jobId: job.id, kind: job.kind, error: text },
      });
    });
  }
}

/** One claimed job while its handler runs. */
class RunningJob implements JobRun<object> {
  readonly id: string;
  readonly kind: string;
  readonly payload: object;
  readonly attempt: number;
  readonly kernel: Kernel;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  ended = false;
  readonly #job: ClaimedJob;
  readonly #leaseMs: number;

  constructor(kernel: Kernel, job: ClaimedJob, signal: AbortSignal, leaseMs: number) {
    this.id = job.id;
    this.kind = job.kind;
    this.payload = job.payload;
    this.attempt = job.attempts;
    this.kernel = kernel;
    this.scope = new Scope({ kernel, workspaceId: job.workspaceId });
    this.signal = signal;
    this.#job = job;
    this.#leaseMs = leaseMs;
  }

  async step<Result>(end: StepEnd<object>, work: (unit: Unit) => Promise<Result>): Promise<Result> {
    const frame = { kernel: this.kernel, workspaceId: this.#job.workspaceId, actor: SYSTEM_ACTOR };
    const result = await runUnit(frame, async (unit) => {
      // First, so that the job's row is locked: a run whose lease was lost changes nothing.
      if (!(await this.#settle(unit, end))) throw new LeaseLost(`The job ${this.id} is held by another run.`);
      return work(unit);
    });
    if (end.next !== "continue") this.ended = true;
    return result;
  }

  #settle(unit: Unit, end: StepEnd<object>): Promise<boolean> {
    switch (end.next) {
      case "continue":
        return renewJob(unit.db, this.#job, unit.now + this.#leaseMs, end.payload);
      case "finish":
        return finishJob(unit.db, this.#job);
      case "rest":
        return restJob(unit.db, this.#job, end.until, end.payload);
    }
  }
}
