/** How many messages a process started per second of late. Pure but for its own counters. */

const WINDOW_MS = 10_000;

/** Counts starts by the second, over the last ten. */
export class PaceMeter {
  readonly #seconds = new Map<number, number>();

  /** Counts starts at this monotonic instant. */
  add(count: number, now: number): void {
    const second = Math.floor(now / 1_000);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + count);
    for (const old of this.#seconds.keys()) if (old * 1_000 <= now - WINDOW_MS) this.#seconds.delete(old);
  }

  /** The mean since the first of them that counts. */
  perSecond(now: number): number {
    const counted = [...this.#seconds].filter(([second]) => second * 1_000 > now - WINDOW_MS);
    const first = Math.min(...counted.map(([second]) => second * 1_000), now);
    return counted.reduce((total, [, count]) => total + count, 0) / Math.max(1, (now - first) / 1_000);
  }
}
