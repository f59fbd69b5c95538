/**
 * Writes tracked events: at once when little happens, in groups when much does.
 *
 * While one transaction of a workspace is under way, what comes in meanwhile waits and goes into the next together; a popular link thus
 * costs one row lock per group instead of one per click. Events that could not be written are kept and tried again.
 */

import { type Judging, type NewEvent, recordEvents } from "../analytics/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import { runUnit } from "../kernel/unit.ts";
import { CampaignKitError, type StorageFailureKind } from "../ports/errors.ts";
import { countLinks } from "./links.ts";

/** Events kept in memory for a database that is away; those past it are lost, and the log says how many. */
const KEPT_EVENTS = 10_000;
const RETRY_MS = 1_000;
const HOPELESS: readonly StorageFailureKind[] = ["invalid", "constraint", "unique"];

interface Lane {
  waiting: NewEvent[];
  /** The flush under way. */
  current: Promise<boolean>;
  /** The flush after it, which will take what waits now. */
  next: Promise<boolean> | null;
}

/** Records events of the tracking handler. One per engine. */
export class TrackingRecorder implements Loop {
  readonly name = "tracking";
  readonly #kernel: Kernel;
  readonly #judging: Judging;
  readonly #lanes = new Map<string, Lane>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#judging = { rules: kernel.tracking.machines, linkCounts: countLinks };
  }

  /** Resolves when the event is stored, with `true`; with `false` when it could not be and is kept for later. Never rejects. */
  record(workspaceId: string, event: NewEvent): Promise<boolean> {
    const lane = this.#lanes.get(workspaceId) ?? { waiting: [], current: Promise.resolve(true), next: null };
    this.#lanes.set(workspaceId, lane);
    lane.waiting.push(event);
    return this.#schedule(workspaceId, lane);
  }

  /** Tries again what could not be written. */
  async tick(): Promise<boolean> {
    // Not those that are only being written: a round that waits for them again and again would keep the process from all else.
    const behind = [...this.#lanes].filter(([, { waiting }]) => waiting.length > 0);
    const flushed = await this.#flush(behind);
    return flushed.length > 0 && flushed.every(Boolean);
  }

  async nextDueAt(): Promise<number | null> {
    return this.#lanes.size === 0 ? null : this.#kernel.runtime.clock.now() + RETRY_MS;
  }

  /** Writes what waits, for the last time. */
  async settle(): Promise<void> {
    await this.#flush([...this.#lanes]);
    const lost = [...this.#lanes.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
    if (lost > 0) this.#kernel.runtime.logger.error("Tracked events are lost: the engine stops.", { lost });
    this.#lanes.clear();
  }

  #flush(lanes: readonly (readonly [string, Lane])[]): Promise<readonly boolean[]> {
    return Promise.all(lanes.map(([workspaceId, lane]) => this.#schedule(workspaceId, lane)));
  }

  #schedule(workspaceId: string, lane: Lane): Promise<boolean> {
    lane.next ??= lane.current.then(() => {
      // First, because writing nothing ends at once, and must see that nothing follows it.
      lane.next = null;
      lane.current = this.#write(workspaceId, lane);
      return lane.current;
    });
    return lane.next;
  }

  async #write(workspaceId: string, lane: Lane): Promise<boolean> {
    const events = lane.waiting;
    lane.waiting = [];
    try {
      if (events.length > 0) {
        await runUnit({ kernel: this.#kernel, workspaceId, actor: SYSTEM_ACTOR }, (unit) =>
          recordEvents(unit, events, this.#judging),
        );
      }
      this.#forgetIdle(workspaceId, lane);
      return true;
    } catch (error) {
      // What the database refuses for what it is would be refused for ever, and keep the rest from being written.
      const refused = CampaignKitError.is(error, "STORAGE_FAILED") && HOPELESS.includes(error.details.kind);
      lane.waiting = refused ? lane.waiting : [...events, ...lane.waiting];
      const lost = lane.waiting.splice(KEPT_EVENTS).length + (refused ? events.length : 0);
      this.#forgetIdle(workspaceId, lane);
      this.#kernel.runtime.logger.error("Tracked events could not be stored.", {
        workspaceId,
        kept: lane.waiting.length,
        lost,
        error: String(error),
      });
      return false;
    }
  }

  #forgetIdle(workspaceId: string, lane: Lane): void {
    if (lane.waiting.length === 0 && lane.next === null) this.#lanes.delete(workspaceId);
  }
}
