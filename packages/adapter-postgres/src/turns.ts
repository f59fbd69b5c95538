/** Taking turns on one connection, and counting what is running so that closing can wait for it. */

/** Runs pieces of work one after another, in the order they came. */
export class TurnQueue {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#taken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    // A turn handed over stays taken, so nobody can slip in between.
    this.#taken = true;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken = false;
    }
  }
}

/** Counts what is running. */
export class InFlight {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  async track<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  /** Resolves when nothing is running. */
  async idle(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
