/**
 * The journal of one batch: gathers results and intents, and writes them one transaction at a time, many in each.
 *
 * While one write is under way the next gathers, so the batch size follows the speed of the database by itself.
 */
import type { Kernel } from "../kernel/kernel.ts";
import {
  type CheckpointAnswer,
  type CheckpointFrame,
  type CheckpointWork,
  checkpoint,
  type Result,
} from "./checkpoint.ts";

/** Results wait so long for company, unless so many are there. */
const GATHER_MS = 10;
const GATHER_COUNT = 20;
/** A database that is away for longer than this many tries is left to the reaper. */
const MAX_TRIES = 6;
const RETRY_PAUSE_MS = 250;

/** Writes what happens to a batch. */
export class BatchJournal {
  readonly #frame: CheckpointFrame;
  readonly #kernel: Kernel;
  #results: Result[] = [];
  #writing: Promise<unknown> = Promise.resolve();
  #timed = false;
  #queued = false;
  #proceed = true;
  /** Whether results were lost: only the reaper can end the claim then. */
  #abandoned = false;
  #writes = 0;
  readonly #ended = new AbortController();
  #leaseEndsAt: number;

  constructor(frame: Omit<CheckpointFrame, "held">) {
    this.#frame = { ...frame, held: new Set(frame.batch.deliveries.map(({ id }) => id)) };
    this.#kernel = frame.kernel;
    this.#leaseEndsAt = frame.kernel.runtime.clock.monotonic() + frame.leaseMs;
    void this.#keepLease();
  }

  /** Whether another message may be started: the claim is held, surely so for a while, and the post is open. */
  get mayProceed(): boolean {
    const margin = Math.min(this.#frame.leaseMs / 4, 5_000);
    return this.#proceed && this.#kernel.runtime.clock.monotonic() < this.#leaseEndsAt - margin;
  }

  /** Keeps a result; it is written within moments, together with others. */
  add(result: Result): void {
    this.#results.push(result);
    if (this.#results.length >= GATHER_COUNT) this.#flush();
    else if (!this.#timed) {
      this.#timed = true;
      void this.#kernel.runtime.clock.sleep(GATHER_MS).then(() => {
        this.#timed = false;
        this.#flush();
      });
    }
  }

  /** Writes intents durably, and whatever results are there with them. Returns which may be sent; none when it can't be written. */
  async intend(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return (await this.#write((results) => ({ results, intents: ids })))?.intended ?? new Set();
  }

  /** Writes the rest and ends the claim; when that can't be, or results were lost before, it is left to the reaper. */
  async finish(end: NonNullable<CheckpointWork["finish"]>): Promise<void> {
    this.#ended.abort("the batch has ended");
    await this.#write((results) =>
      this.#abandoned ? { results, intents: [] } : { results, intents: [], finish: end },
    );
  }

  /** Nothing more is started, and the lease is not kept: when it ends, the reaper decides about what is open. */
  abandon(reason: string): void {
    this.#proceed = false;
    this.#abandoned = true;
    this.#ended.abort(reason);
  }

  /** A call may take longer than the lease; as long as this process lives, the claim is held. */
  async #keepLease(): Promise<void> {
    const { clock } = this.#kernel.runtime;
    for (;;) {
      await clock.sleep(this.#frame.leaseMs / 3, this.#ended.signal);
      if (this.#ended.signal.aborted) return;
      await this.#write((results) => ({ results, intents: [] }));
    }
  }

  /** Has the results written, once: a write that waits for its turn takes along what comes until then. */
  #flush(): void {
    if (this.#queued || this.#results.length === 0) return;
    this.#queued = true;
    void this.#write((results) => ({ results, intents: [] }));
  }

  /** Queues a write behind those before it. `null` when it could not be done; the batch has stopped then. */
  #write(
    compose: (results: readonly Result[]) => Omit<CheckpointWork, "number">,
  ): Promise<CheckpointAnswer | null> {
    const turn = this.#writing.then(() => {
      const results = this.#results;
      this.#results = [];
      this.#queued = false;
      this.#writes += 1;
      return this.#attempt({ ...compose(results), number: this.#writes });
    });
    this.#writing = turn;
    return turn;
  }

  async #attempt(work: CheckpointWork): Promise<CheckpointAnswer | null> {
    const { clock, logger } = this.#kernel.runtime;
    for (let attempt = 1; ; attempt++) {
      const startedAt = clock.monotonic();
      try {
        const answer = await checkpoint(this.#frame, work);
        this.#leaseEndsAt = startedAt + this.#frame.leaseMs;
        this.#proceed &&= answer.proceed;
        return answer;
      } catch (error) {
        if (attempt < MAX_TRIES) {
          await clock.sleep(RETRY_PAUSE_MS * attempt);
          continue;
        }
        this.abandon("the database is away");
        logger.error("Results of a batch could not be written.", {
          postId: this.#frame.batch.post.id,
          claimId: this.#frame.batch.claim.id,
          results: work.results.length,
          error: String(error),
        });
        return null;
      }
    }
  }
}
