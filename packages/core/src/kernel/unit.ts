/**
 * The unit of work: one transaction that carries a change, its activity rows and its jobs together, and tells of them after commit.
 */
import type { StorageError } from "../ports/errors.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { SqlExecutor } from "../ports/storage.ts";
import type { Db } from "../storage/db.ts";
import { insertActivities, type NewActivity } from "./activity/store.ts";
import type { ActivityData, ActivityType, EngineEvent, Subject } from "./activity/types.ts";
import type { HostTransaction } from "./host-transaction.ts";
import type { JobKind, JobOrder } from "./jobs/job.ts";
import { insertJobs, type NewJob } from "./jobs/store.ts";
import type { Kernel, WakeTopic } from "./kernel.ts";

/** Attempts of a transaction that the database rolled back because of others. */
const CONTENTION_ATTEMPTS = 8;

/** What a change says about itself. */
export interface ActivityNote<Type extends ActivityType> {
  readonly subject: Subject;
  readonly data: ActivityData[Type];
  readonly before?: object;
  readonly after?: object;
}

/** One transaction in progress. Everything a feature writes goes through it. */
export class Unit {
  readonly kernel: Kernel;
  readonly db: Db;
  readonly workspaceId: string;
  readonly actor: string;
  /** The one instant of this unit, in epoch milliseconds. */
  readonly now: number;
  readonly #activities: NewActivity[] = [];
  readonly #jobs: NewJob[] = [];
  readonly #wakes = new Set<WakeTopic>();
  #reacted = 0;

  constructor(parts: { kernel: Kernel; db: Db; workspaceId: string; actor: string; now: number }) {
    this.kernel = parts.kernel;
    this.db = parts.db;
    this.workspaceId = parts.workspaceId;
    this.actor = parts.actor;
    this.now = parts.now;
  }

  /** A new id, later than all before it. */
  newId(): string {
    return this.kernel.runtime.ids.next();
  }

  /** Adds one row to the activity log, and one event after commit. Call it after the statement that made the change. */
  record<Type extends ActivityType>(type: Type, note: ActivityNote<Type>): void {
    this.#activities.push({
      id: this.newId(),
      workspaceId: this.workspaceId,
      at: this.now,
      actor: this.actor,
      type,
      subject: note.subject,
      data: note.data,
      before: note.before ?? null,
      after: note.after ?? null,
    });
  }

  /** Orders work for later, in this transaction. An open job of the same kind and key stays as it is. */
  enqueue<Payload extends object>(kind: JobKind<Payload>, order: JobOrder<Payload>): void {
    this.#jobs.push({
      id: this.newId(),
      workspaceId: this.workspaceId,
      kind: kind.name,
      key: order.key ?? null,
      payload: order.payload,
      runAt: order.runAt ?? this.now,
      createdAt: this.now,
    });
    this.wakeAfterCommit("jobs");
  }

  /** Wakes sleeping workers once the change can be seen. */
  wakeAfterCommit(topic: WakeTopic): void {
    this.#wakes.add(topic);
  }

  /** Lets the features react to what was recorded, then writes records and orders; the last statements of the transaction. */
  async flush(): Promise<void> {
    // Reactions may record more, which is reacted to in turn.
    for (
      let activity = this.#activities[this.#reacted];
      activity !== undefined;
      activity = this.#activities[this.#reacted]
    ) {
      this.#reacted += 1;
      const { subject, data } = activity;
      for (const reaction of this.kernel.reactions.get(activity.type) ?? []) {
        await reaction.run(this, { subject, data: data as ActivityData[ActivityType] });
      }
    }
    await insertActivities(this.db, this.#activities);
    await insertJobs(this.db, this.#jobs);
    if (this.#activities.length > 0) this.wakeAfterCommit("activity");
  }

  /** What to tell after commit. */
  events(): readonly EngineEvent[] {
    return this.#activities.map(
      ({ id, type, workspaceId, actor, at, subject, data }) =>
        ({ ...data, id, type, workspaceId, actor, at: new Date(at), subject }) as EngineEvent,
    );
  }

  /** The workers to wake after commit. */
  wakes(): ReadonlySet<WakeTopic> {
    return this.#wakes;
  }
}

/** Whose unit it is, and on what it runs. */
export interface UnitFrame {
  readonly kernel: Kernel;
  readonly workspaceId: string;
  readonly actor: string;
  /** The host's own open transaction, when the change is to be part of it. */
  readonly joined?: HostTransaction;
}

function isContention(error: unknown): boolean {
  return (
    CampaignKitError.is(error, "STORAGE_FAILED") && (error as StorageError).details.kind === "contention"
  );
}

async function execute<Result>(
  frame: UnitFrame,
  executor: SqlExecutor,
  foreign: boolean,
  work: (unit: Unit) => Promise<Result>,
): Promise<{ readonly result: Result; readonly unit: Unit }> {
  const { kernel, workspaceId, actor } = frame;
  const db = kernel.databases.over(executor, { foreign });
  const unit = new Unit({ kernel, db, workspaceId, actor, now: kernel.runtime.clock.now() });
  const result = await work(unit);
  await unit.flush();
  return { result, unit };
}

/** Runs the work inside the host's transaction; its events wait until the host's commit is seen. */
async function runJoined<Result>(
  frame: UnitFrame,
  joined: HostTransaction,
  work: (unit: Unit) => Promise<Result>,
): Promise<Result> {
  const { result, unit } = await joined.run(() => execute(frame, joined.executor, true, work));
  frame.kernel.announceLater(unit.events());
  return result;
}

/**
 * Runs the work as one transaction: all of it happened, or nothing.
 *
 * A transaction that lost against others (deadlock, busy) is run again from the start, so the work must not act outside of it.
 * Events are told and workers woken after commit only.
 */
export async function runUnit<Result>(
  frame: UnitFrame,
  work: (unit: Unit) => Promise<Result>,
): Promise<Result> {
  const { kernel } = frame;
  await kernel.ready(frame.joined?.executor);
  if (frame.joined !== undefined) return runJoined(frame, frame.joined, work);
  for (let attempt = 1; ; attempt++) {
    try {
      const { result, unit } = await kernel.driver.transaction((transaction) =>
        execute(frame, transaction, false, work),
      );
      for (const event of unit.events()) kernel.events.emit(event);
      for (const topic of unit.wakes()) kernel.wake(topic);
      return result;
    } catch (error) {
      if (attempt >= CONTENTION_ATTEMPTS || !isContention(error)) throw error;
      await kernel.runtime.clock.sleep(kernel.runtime.random.next() * 5 * 2 ** attempt);
    }
  }
}
