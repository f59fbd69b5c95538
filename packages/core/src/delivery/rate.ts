/** A token bucket that never sleeps: it says how many may start now, and when the next may. Pure but for its own counters. */

/** Bounds the starts per second of one channel in this process, independent of how long each send takes. */
export class RateGate {
  readonly #perSecond: number;
  #tokens: number;
  #filledAt: number;
  #notBefore = 0;

  /** `perSecond` may be infinite. The bucket holds one second's worth, at least one. */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = this.#capacity;
    this.#filledAt = now;
  }

  get #capacity(): number {
    return Math.max(1, this.#perSecond);
  }

  /** How many may start at this monotonic instant. */
  available(now: number): number {
    if (this.isResting(now)) return 0;
    if (this.#perSecond === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const filled = this.#tokens + ((now - this.#filledAt) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#capacity, filled);
    this.#filledAt = now;
    return Math.floor(this.#tokens);
  }

  /** Takes what was started. */
  take(count: number): void {
    this.#tokens -= count;
  }

  /** The far side asked for rest. */
  rest(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  /** Whether it rests because the far side asked for it: also what has been taken out must wait. */
  isResting(now: number): boolean {
    return now < this.#notBefore;
  }

  /** In how many milliseconds at least one may start; 0 when one may now. */
  waitMs(now: number): number {
    if (this.available(now) >= 1) return 0;
    const refill =
      this.#perSecond === Number.POSITIVE_INFINITY ? 0 : ((1 - this.#tokens) / this.#perSecond) * 1_000;
    return Math.max(1, Math.ceil(Math.max(refill, this.#notBefore - now)));
  }
}
