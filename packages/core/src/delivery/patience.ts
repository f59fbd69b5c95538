/** Bounds how long a call to a far side may take: one timer for all calls of a channel, not one each. */

import { ChannelError } from "../ports/errors.ts";
import type { Clock } from "../ports/runtime.ts";

interface Waiting {
  readonly endsAt: number;
  readonly expire: () => void;
}

/** So many milliseconds for each call. */
export class Patience {
  readonly #clock: Clock;
  readonly #limitMs: number;
  /** In the order of their ends, since all have the same time. */
  readonly #waiting = new Set<Waiting>();
  /** Ends the watch's sleep when nobody waits any more; `null` while nobody watches. */
  #rest: AbortController | null = null;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * Runs the call. When its time is up its signal aborts, and a call that does not heed it is given up: what it was doing is unknown.
   *
   * @throws {CHANNEL_FAILED} with outcome `unknown` when the time is up, or whatever the call throws.
   */
  bound<Value>(call: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController();
      const waiting: Waiting = {
        endsAt: this.#clock.monotonic() + this.#limitMs,
        expire: () => {
          const message = `The channel did not answer within ${this.#limitMs} ms.`;
          const error = new ChannelError({ kind: "transient", outcome: "unknown", message });
          controller.abort(error);
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      call(controller.signal)
        .then(resolve, reject)
        .finally(() => this.#leave(waiting));
      if (this.#rest === null) void this.#watch();
    });
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    // A reason is given because the default one is an error with a stack, made for every message.
    if (this.#waiting.size === 0) this.#rest?.abort("nobody waits");
  }

  /** Sleeps until the first end, and goes home when nobody waits. */
  async #watch(): Promise<void> {
    const rest = new AbortController();
    this.#rest = rest;
    for (let first = this.#first(); first !== undefined && !rest.signal.aborted; first = this.#first()) {
      const left = first.endsAt - this.#clock.monotonic();
      if (left > 0) {
        await this.#clock.sleep(left, rest.signal);
        continue;
      }
      this.#waiting.delete(first);
      first.expire();
    }
    this.#rest = null;
    // Somebody may have come while the last sleep ended.
    if (this.#waiting.size > 0) void this.#watch();
  }

  #first(): Waiting | undefined {
    return this.#waiting.values().next().value;
  }
}
