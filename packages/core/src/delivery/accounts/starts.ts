/** The starts of one batch: what was granted is used within its time, and asked for again when that is over. */
import type { Clock } from "../../ports/runtime.ts";
import { type Governor, GRANT_LIFE_MS } from "./governor.ts";

/** Hands out starts for a batch on a channel. */
export class Starts {
  readonly #governor: Governor;
  readonly #clock: Clock;
  readonly #channel: string;
  #left: number;
  #wanted: number;
  #lapsesAt: number;
  #asking: Promise<void> | null = null;

  /** `granted` for a batch of as many messages; `askedAt` on the monotonic clock. */
  constructor(
    governor: Governor,
    clock: Clock,
    {
      channel,
      granted,
      askedAt,
    }: { readonly channel: string; readonly granted: number; readonly askedAt: number },
  ) {
    this.#governor = governor;
    this.#clock = clock;
    this.#channel = channel;
    this.#left = granted;
    this.#wanted = granted;
    this.#lapsesAt = askedAt + GRANT_LIFE_MS;
  }

  /** Whether the next message may be started now; at once, unless it has to be asked for. Once it may not, none of the batch may any more. */
  take(): boolean | Promise<boolean> {
    return this.#clock.monotonic() < this.#lapsesAt ? this.#takeOne() : this.#takeAnew();
  }

  #takeOne(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    this.#wanted -= 1;
    return true;
  }

  async #takeAnew(): Promise<boolean> {
    this.#asking ??= this.#askAgain();
    await this.#asking;
    return this.#takeOne();
  }

  /** Messages that were slow to go out have let their share of a second pass: a fresh one is needed, and the old one is gone. */
  async #askAgain(): Promise<void> {
    try {
      this.#left = this.#wanted === 0 ? 0 : await this.#governor.grant(this.#channel, this.#wanted);
      this.#lapsesAt = this.#clock.monotonic() + GRANT_LIFE_MS;
      if (this.#left === 0) this.#lapsesAt = Number.POSITIVE_INFINITY;
    } finally {
      this.#asking = null;
    }
  }

  /** Gives back what was not used of a grant that has not lapsed. */
  async end(): Promise<void> {
    if (this.#clock.monotonic() < this.#lapsesAt && this.#lapsesAt !== Number.POSITIVE_INFINITY)
      await this.#governor.giveBack(this.#channel, this.#left);
    this.#left = 0;
  }
}
