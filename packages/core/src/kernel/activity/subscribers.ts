/**
 * Durable subscribers: a named cursor in the sealed feed. Each activity is handed over at least once, in the order of the feed.
 *
 * A handler that fails is tried again with back-off and blocks only itself; its lag and last error are there to be watched.
 */
import { sql, type Updateable } from "kysely";
import { backoffMs } from "../../math/backoff.ts";
import { toInteger } from "../../storage/columns.ts";
import type { SubscribersTable } from "../../storage/tables/kernel.ts";
import type { Kernel } from "../kernel.ts";
import { holdingLease, leaseHorizon } from "../lease.ts";
import type { Loop } from "../loop.ts";
import { keptText } from "../text.ts";
import { toActivity } from "./store.ts";
import type { Activity } from "./types.ts";

/** Handles one activity. The `id` is stable across repetitions: use it to make the effect happen once. */
export type SubscriberHandler = (activity: Activity) => Promise<void> | void;

const BATCH = 200;
const RETRY = { baseMs: 1_000, maxMs: 300_000 };

/** A cursor in this process's hands. */
interface Claim {
  readonly seq: number;
  readonly fence: number;
  readonly failures: number;
}

/** One subscriber's loop. */
export class Subscription implements Loop {
  readonly name: string;
  readonly topic = "feed";
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
    const { clock } = this.#kernel.runtime;
    const dueAt = await this.nextDueAt();
    if (dueAt === null || dueAt > clock.now()) return false;
    const since = clock.monotonic();
    const claim = await this.#claim();
    if (claim === null) return false;
    const renew = (): Promise<boolean> => this.#update(claim, { lease_until: clock.now() + this.#leaseMs });
    return holdingLease({ clock, leaseMs: this.#leaseMs, since, renew }, (lost) =>
      this.#handOver(claim, AbortSignal.any([signal, lost])),
    );
  }

  async nextDueAt(): Promise<number | null> {
    const now = this.#kernel.runtime.clock.now();
    const row = await this.#row();
    const feed = await this.#kernel.db
      .selectFrom("ck_activity_feed")
      .select("seq")
      .where("id", "=", 1)
      .executeTakeFirst();
    if (feed === undefined || toInteger(feed.seq) <= toInteger(row?.seq ?? 0)) return null;
    if (row === undefined) return now;
    const held = row.lease_until === null ? 0 : toInteger(row.lease_until) + 1;
    const dueAt = Math.max(toInteger(row.retry_at), held);
    return dueAt > this.#horizon(now) ? now : Math.max(now, dueAt);
  }

  /** Resolves to whether the cursor moved. */
  async #handOver(claim: Claim, signal: AbortSignal): Promise<boolean> {
    const batch = await this.#kernel.db
      .selectFrom("ck_activity")
      .selectAll()
      .where("seq", ">", claim.seq)
      .orderBy("seq")
      .limit(BATCH)
      .execute();
    let moved = false;
    for (const row of batch) {
      if (signal.aborted) break;
      const activity = toActivity(row);
      try {
        await this.#handler(activity);
      } catch (error) {
        await this.#failed(claim, moved ? 0 : claim.failures, activity, error);
        return moved;
      }
      const passed = { seq: toInteger(row.seq ?? claim.seq), failures: 0, last_error: null };
      if (!(await this.#update(claim, passed))) return true;
      moved = true;
    }
    await this.#update(claim, { owner: null, lease_until: null });
    return moved;
  }

  #row() {
    return this.#kernel.db
      .selectFrom("ck_subscribers")
      .selectAll()
      .where("name", "=", this.#subscriber)
      .executeTakeFirst();
  }

  /** Whatever lies beyond was written by a clock that has since been set back. */
  #horizon(now: number): number {
    return Math.max(leaseHorizon(now, this.#leaseMs), now + RETRY.maxMs);
  }

  /** Takes the cursor for this process, unless another holds it or it rests after a failure. */
  async #claim(): Promise<Claim | null> {
    const { db } = this.#kernel;
    const now = this.#kernel.runtime.clock.now();
    const horizon = this.#horizon(now);
    const fresh = { name: this.#subscriber, seq: 0, fence: 0, failures: 0, retry_at: 0 };
    await db
      .insertInto("ck_subscribers")
      .values(fresh)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await db
      .updateTable("ck_subscribers")
      .set({ owner: this.#owner, lease_until: now + this.#leaseMs, fence: sql<number>`fence + 1` })
      .where("name", "=", this.#subscriber)
      .where((eb) => eb.or([eb("retry_at", "<=", now), eb("retry_at", ">", horizon)]))
      .where((eb) =>
        eb.or([eb("lease_until", "is", null), eb("lease_until", "<", now), eb("lease_until", ">", horizon)]),
      )
      .returning(["seq", "fence", "failures"])
      .executeTakeFirst();
    if (row === undefined) return null;
    return { seq: toInteger(row.seq), fence: toInteger(row.fence), failures: row.failures };
  }

  async #failed(claim: Claim, before: number, activity: Activity, error: unknown): Promise<void> {
    const { clock, random, logger } = this.#kernel.runtime;
    const failures = before + 1;
    const text = keptText(String(error), 2_000);
    logger.warn("A subscriber failed and will be tried again.", {
      subscriber: this.#subscriber,
      failures,
      activity: activity.id,
      error: text,
    });
    const retryAt = clock.now() + backoffMs({ attempt: failures, ...RETRY }, random.next());
    await this.#update(claim, {
      owner: null,
      lease_until: null,
      failures,
      last_error: text,
      retry_at: retryAt,
    });
  }

  /** Changes the cursor while the claim holds; false when another process has it. */
  async #update({ fence }: Claim, change: Updateable<SubscribersTable>): Promise<boolean> {
    const result = await this.#kernel.db
      .updateTable("ck_subscribers")
      .set(change)
      .where("name", "=", this.#subscriber)
      .where("fence", "=", fence)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }
}
