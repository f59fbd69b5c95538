/** One claimed job while its handler runs: its steps, each fenced by the claim. */
import { SYSTEM_ACTOR } from "../access.ts";
import type { Kernel } from "../kernel.ts";
import { Scope } from "../scope.ts";
import { runUnit, type Unit, type UnitFrame } from "../unit.ts";
import { defineJob, type JobRun, type StepEnd } from "./job.ts";
import { type AgainOrder, type ClaimedJob, finishJob, renewJob, restJob } from "./store.ts";

/** Another run holds the job now; what this one would have written must not be. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Orders the job once more, when an order with its key came after it had begun. */
export function orderAgain(unit: Unit, job: ClaimedJob, again: AgainOrder | null): void {
  if (again === null || job.key === null) return;
  unit.enqueue(defineJob(job.kind), { payload: again.payload, runAt: again.runAt, key: job.key });
}

/** A job in the hands of its handler. */
export class RunningJob implements JobRun<object> {
  readonly claim: ClaimedJob;
  readonly frame: UnitFrame;
  readonly kernel: Kernel;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  /** Whether a step has finished it or put it to rest. */
  ended = false;
  #attempt: number;
  readonly #leaseMs: number;

  constructor(kernel: Kernel, claim: ClaimedJob, signal: AbortSignal, leaseMs: number) {
    const { workspaceId } = claim;
    this.claim = claim;
    this.frame = { kernel, workspaceId, actor: SYSTEM_ACTOR };
    this.kernel = kernel;
    this.scope = new Scope({ kernel, workspaceId });
    this.signal = signal;
    this.#attempt = claim.attempts;
    this.#leaseMs = leaseMs;
  }

  get id(): string {
    return this.claim.id;
  }

  get kind(): string {
    return this.claim.kind;
  }

  get payload(): object {
    return this.claim.payload;
  }

  get attempt(): number {
    return this.#attempt;
  }

  async step<Result>(end: StepEnd<object>, work: (unit: Unit) => Promise<Result>): Promise<Result> {
    const result = await runUnit(this.frame, async (unit) => {
      const done = await work(unit);
      // Last, so that orders with this job's key wait for its row no longer than the commit takes.
      if (!(await this.#settle(unit, end))) throw new LeaseLost(`The job ${this.id} is held by another run.`);
      return done;
    });
    if (end.next !== "continue") this.ended = true;
    else if (end.payload !== undefined) this.#attempt = 1;
    return result;
  }

  async #settle(unit: Unit, end: StepEnd<object>): Promise<boolean> {
    switch (end.next) {
      case "continue": {
        const leaseUntil = this.kernel.runtime.clock.now() + this.#leaseMs;
        return renewJob(unit.db, this.claim, leaseUntil, end.payload);
      }
      case "finish": {
        const ending = await finishJob(unit.db, this.claim);
        orderAgain(unit, this.claim, ending?.again ?? null);
        return ending !== null;
      }
      case "rest":
        return restJob(unit.db, this.claim, end.until, end.payload);
    }
  }
}
