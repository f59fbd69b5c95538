/** Tells of changes that were made inside the host's own transactions, once they are seen committed. */
import { committedAmong } from "../kernel/activity/store.ts";
import type { EngineEvent } from "../kernel/activity/types.ts";
import type { EventBus } from "../kernel/events.ts";
import type { Loop } from "../kernel/loop.ts";
import type { Clock } from "../ports/runtime.ts";
import type { Db } from "../storage/db.ts";

/** A transaction that has not been seen committed by then is taken as rolled back. */
const GIVE_UP_AFTER_MS = 3_600_000;
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
  #waiting: Waiting[] = [];

  constructor(db: Db, events: EventBus, clock: Clock) {
    this.#db = db;
    this.#events = events;
    this.#clock = clock;
  }

  /** Events of one joined unit, in order. */
  add(events: readonly EngineEvent[]): void {
    if (events.length > 0) this.#waiting.push({ events, since: this.#clock.monotonic() });
  }

  async tick(): Promise<boolean> {
    if (this.#waiting.length === 0) return false;
    const looked = this.#waiting;
    this.#waiting = [];
    const committed = await committedAmong(
      this.#db,
      looked.flatMap(({ events }) => events.slice(0, 1).map(({ id }) => id)),
    );
    const isCommitted = ({ events }: Waiting): boolean => events.some(({ id }) => committed.has(id));
    const now = this.#clock.monotonic();
    const open = looked.filter((waiting) => !isCommitted(waiting) && now - waiting.since < GIVE_UP_AFTER_MS);
    this.#waiting.unshift(...open);
    const told = looked.filter(isCommitted).flatMap(({ events }) => events);
    for (const event of told) this.#events.emit(event);
    return told.length > 0;
  }

  async nextDueAt(): Promise<number | null> {
    return this.#waiting.length === 0 ? null : this.#clock.now() + LOOK_EVERY_MS;
  }
}
