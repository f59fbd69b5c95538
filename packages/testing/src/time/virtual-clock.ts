/** A clock that stands still until a test, or work that takes time, moves it. */
import { setTimeout as realPause } from "node:timers/promises";
import type { Clock } from "@campaignkit/core";

/** Technical pauses below this (back-off of a contended transaction) take no virtual time, or nobody would ever end them. */
const TECHNICAL_PAUSE_MS = 1_000;

/** How long, in real time, nothing new may fall asleep before time is taken to pass: enough for statements on their way. */
const QUIET_MS = 4;

/** Resolves when all that run may be taken to wait. */
export type Calm = () => Promise<unknown>;

const calmOfRealTime: Calm = () => realPause(QUIET_MS);

interface Sleeper {
  readonly until: number;
  /** Whether time passes on its account. Sleeps of background loops do not: they wait for whatever comes. */
  readonly drives: boolean;
  wake(): void;
}

/** Virtual time's clock. */
export class VirtualClock implements Clock {
  #now: number;
  #elapsed = 0;
  #pumping: Promise<void> | null = null;
  /** Counts everyone who falls asleep or wakes. */
  #changes = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #calm: Calm;

  constructor(startAt: number, calm: Calm = calmOfRealTime) {
    this.#now = startAt;
    this.#calm = calm;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < TECHNICAL_PAUSE_MS) return new Promise((resolve) => void setImmediate(resolve));
    return this.#wait(ms, false, signal);
  }

  /**
   * Sleeps, and makes time pass: for work that takes time by itself, such as a send. Once all that run have fallen asleep, time goes on to
   * whoever wakes first; so ten sends of three seconds at once take three seconds.
   */
  spend(ms: number, signal?: AbortSignal): Promise<void> {
    const done = this.#wait(ms, true, signal);
    this.#pumping ??= this.#pump();
    return done;
  }

  /** Lets time pass, waking each sleeper at its instant. */
  pass(ms: number): void {
    const end = this.#elapsed + ms;
    for (let next = this.#first(); next !== undefined && next.until <= end; next = this.#first()) {
      this.#moveTo(Math.max(next.until, this.#elapsed));
      next.wake();
    }
    this.#moveTo(end);
  }

  /** Moves the wall clock alone, as an administrator or a leap does; monotonic time does not notice. */
  jump(to: number): void {
    this.#now = to;
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  #first(): Sleeper | undefined {
    return [...this.#sleepers].sort((a, b) => a.until - b.until)[0];
  }

  #wait(ms: number, drives: boolean, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#changes += 1;
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper = { until: this.#elapsed + ms, drives, wake };
      this.#changes += 1;
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Resolves when nobody's work makes time pass any more. */
  async still(): Promise<void> {
    while (this.#pumping !== null) await this.#pumping;
  }

  async #pump(): Promise<void> {
    for (;;) {
      const before = this.#changes;
      await this.#calm();
      if (![...this.#sleepers].some(({ drives }) => drives)) break;
      if (this.#changes !== before) continue;
      const next = this.#first();
      if (next !== undefined) this.pass(Math.max(0, next.until - this.#elapsed));
    }
    this.#pumping = null;
  }
}

/** Takes that long: on a virtual clock by making its time pass, on a real one by sleeping. */
export function spend(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return clock instanceof VirtualClock ? clock.spend(ms, signal) : clock.sleep(ms, signal);
}
