/** Tells of changes that were made inside the host's own transactions, once they are seen committed. */
import { committedAmong } from "../kernel/activity/store.ts";
import type { EngineEvent } from "../kernel/activity/types.ts";
import type { EventBus } from "../kernel/events.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Db } from "../storage/db.ts";

/** A transaction that has not been seen committed by then is taken as rolled back. */
const GIVE_UP_AFTER_MS = 3_600_000;
/** Transactions waited for at once; the oldest is given up beyond that. */
const MAX_WAITING = 10_000;
/** The first pause between two looks; it grows with the age of the youngest transaction that is waited for. */
const LOOK_EVERY_MS = 50;

interface Waiting {
  readonly events: readonly EngineEvent[];
  readonly since: number;
}

/** Holds events of joined transactions back until their rows can be read from outside. */
export class Announcer implements Loop {
  readonly name = "announcer";
  readonly #db: Db;
  readonly #events: EventBus;
  readonly #clock: Clock;
  /** Called once a commit has been seen: its jobs can be, too. */
  readonly #committed: () => void;
  #waiting: Waiting[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: { db: Db; events: EventBus; clock: Clock; committed: () => void }) {
    this.#db = parts.db;
    this.#events = parts.events;
    this.#clock = parts.clock;
    this.#committed = parts.committed;
  }

  /** Events of one joined unit, in order. */
  add(events: readonly EngineEvent[]): void {
    if (events.length === 0) return;
    this.#waiting.push({ events, since: this.#clock.monotonic() });
    // A host that rolls back a great deal must not fill the memory: the events are kept in the log all the same.
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  async tick(): Promise<boolean> {
    if (this.#waiting.length === 0) return false;
    const looked = [...this.#waiting];
    const committed = await committedAmong(
      this.#db,
      looked.flatMap(({ events }) => events.slice(0, 1).map(({ id }) => id)),
    );
    const isCommitted = ({ events }: Waiting): boolean => events.some(({ id }) => committed.has(id));
    const now = this.#clock.monotonic();
    this.#lookedAt = now;
    this.#waiting = this.#waiting.filter(
      (waiting) =>
        !looked.includes(waiting) || (!isCommitted(waiting) && now - waiting.since < GIVE_UP_AFTER_MS),
    );
    const told = looked.filter(isCommitted).flatMap(({ events }) => events);
    for (const event of told) this.#events.emit(event);
    if (told.length > 0) this.#committed();
    return told.length > 0;
  }

  async nextDueAt(): Promise<number | null> {
    const youngest = this.#waiting.at(-1);
    if (youngest === undefined) return null;
    const pause = Math.max(LOOK_EVERY_MS, this.#lookedAt - youngest.since);
    const lookAt = Math.max(youngest.since, this.#lookedAt) + pause;
    return this.#clock.now() + Math.max(0, lookAt - this.#clock.monotonic());
  }
}
