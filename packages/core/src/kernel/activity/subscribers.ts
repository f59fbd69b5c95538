/**
 * Durable subscribers: a named cursor in the sealed feed. Each activity is handed over at least once, in the order of the feed.
 *
 * A handler that fails is tried again with back-off and blocks only itself; its lag and last error are there to be watched.
 */
import { backoffMs } from "../../math/backoff.ts";
import { toInteger } from "../../storage/columns.ts";
import type { Kernel } from "../kernel.ts";
import type { Loop } from "../loop.ts";
import { toActivity } from "./store.ts";
import type { Activity } from "./types.ts";

/** Handles one activity. The `id` is stable across repetitions: use it to make the effect happen once. */
export type SubscriberHandler = (activity: Activity) => Promise<void> | void;

const BATCH = 200;
const RETRY = { baseMs: 1_000, maxMs: 300_000 };

/** One subscriber's loop. */
export class Subscription implements Loop {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #subscriber: string;
  readonly #handler: SubscriberHandler;
  readonly #leaseMs: number;
  readonly #owner: string;

  constructor(kernel: Kernel, subscriber: string, handler: SubscriberHandler, leaseMs: number) {
    this.name = `subscriber ${subscriber}`;
    this.#kernel = kernel;
    this.#subscriber = subscriber;
    this.#handler = handler;
    this.#leaseMs = leaseMs;
    this.#owner = kernel.runtime.ids.next();
  }

  async tick(signal: AbortSignal): Promise<boolean> {
    const claim = await this.#claim();
    if (claim === null) return false;
    const batch = await this.#kernel.db
      .selectFrom("ck_activity")
      .selectAll()
      .where("seq", ">", claim.seq)
      .orderBy("seq")
      .limit(BATCH)
      .execute();
    let seq = claim.seq;
    for (const row of batch) {
      if (signal.aborted) break;
      const activity = toActivity(row);
      try {
        await this.#handler(activity);
      } catch (error) {
        await this.#failed(claim, seq, error);
        return seq > claim.seq;
      }
      seq = activity.seq ?? seq;
      if (!(await this.#advance(claim.fence, seq))) return true;
    }
    await this.#release(claim.fence);
    return seq > claim.seq;
  }

  async nextDueAt(): Promise<number | null> {
    const row = await this.#row();
    if (row === undefined) return this.#kernel.runtime.clock.now();
    const feed = await this.#kernel.db
      .selectFrom("ck_activity_feed")
      .select("seq")
      .where("id", "=", 1)
      .executeTakeFirst();
    if (feed === undefined || toInteger(feed.seq) <= toInteger(row.seq)) return null;
    return Math.max(this.#kernel.runtime.clock.now(), toInteger(row.retry_at));
  }

  #row() {
    return this.#kernel.db
      .selectFrom("ck_subscribers")
      .selectAll()
      .where("name", "=", this.#subscriber)
      .executeTakeFirst();
  }

  /** Takes the cursor for this process, unless another holds it, it rests after a failure, or there is nothing new. */
  async #claim(): Promise<{ readonly seq: number; readonly fence: number } | null> {
    const { db } = this.#kernel;
    const now = this.#kernel.runtime.clock.now();
    const fresh = {
      name: this.#subscriber,
      seq: 0,
      owner: null,
      lease_until: null,
      fence: 0,
      failures: 0,
      retry_at: 0,
      last_error: null,
    };
    await db
      .insertInto("ck_subscribers")
      .values(fresh)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await db
      .updateTable("ck_subscribers")
      .set((eb) => ({
        owner: this.#owner,
        lease_until: now + this.#leaseMs,
        fence: eb("fence", "+", 1 as never) as never,
      }))
      .where("name", "=", this.#subscriber)
      .where("retry_at", "<=", now)
      .where((eb) =>
        eb.or([eb("owner", "is", null), eb("lease_until", "<", now), eb("owner", "=", this.#owner)]),
      )
      .where((eb) =>
        eb("seq", "<", eb.selectFrom("ck_activity_feed").select("seq").where("id", "=", 1) as never),
      )
      .returning(["seq", "fence"])
      .executeTakeFirst();
    return row === undefined ? null : { seq: toInteger(row.seq), fence: toInteger(row.fence) };
  }

  async #advance(fence: number, seq: number): Promise<boolean> {
    const leaseUntil = this.#kernel.runtime.clock.now() + this.#leaseMs;
    return this.#update(fence, { seq, lease_until: leaseUntil, failures: 0, last_error: null });
  }

  async #release(fence: number): Promise<void> {
    await this.#update(fence, { owner: null, lease_until: null });
  }

  async #failed(claim: { readonly fence: number }, seq: number, error: unknown): Promise<void> {
    const { clock, random, logger } = this.#kernel.runtime;
    const failures = ((await this.#row())?.failures ?? 0) + 1;
    const text = String(error).slice(0, 2_000);
    logger.warn("A subscriber failed and will be tried again.", {
      subscriber: this.#subscriber,
      failures,
      after: seq,
      error: text,
    });
    const retryAt = clock.now() + backoffMs({ attempt: failures, ...RETRY }, random.next());
    await this.#update(claim.fence, {
      owner: null,
      lease_until: null,
      failures,
      last_error: text,
      retry_at: retryAt,
    });
  }

  async #update(
    fence: number,
    change: {
      seq?: number;
      owner?: null;
      lease_until?: number | null;
      failures?: number;
      last_error?: string | null;
      retry_at?: number;
    },
  ): Promise<boolean> {
    const result = await this.#kernel.db
      .updateTable("ck_subscribers")
      .set(change)
      .where("name", "=", this.#subscriber)
      .where("fence", "=", fence)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }
}
