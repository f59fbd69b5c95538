/** The story that the demo tells: a line for each thing that happened, and one line that moves while something goes on. */
import type { Money } from "@campaignkit/core";

const CLEAR_LINE = "\r\u001b[2K";
const BAR_WIDTH = 24;
/** The moving line is drawn so often on a terminal, and written so often into a file. */
const DRAW_EVERY_MS = 100;
const WRITE_EVERY_MS = 5_000;

/** A line that moves. */
export interface Moving {
  /** So many are done, of so many if that is known. */
  update(done: number, all: number | null, note?: string): void;
}

/** Where the story is written. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  #moving = false;

  constructor(out: NodeJS.WriteStream, now: () => number) {
    this.#out = out;
    this.#now = now;
  }

  /** One line. */
  say(text = ""): void {
    this.clear();
    this.#out.write(`${text}\n`);
  }

  /** A line that moves until the next one is said. */
  moving(what: string): Moving {
    const every = this.#out.isTTY ? DRAW_EVERY_MS : WRITE_EVERY_MS;
    let drawnAt = this.#now() - (this.#out.isTTY ? every : 0);
    return {
      update: (done, all, note = "") => {
        if (this.#now() - drawnAt < every) return;
        drawnAt = this.#now();
        const text = `${what} ${count(done)}${all === null ? "" : ` of ${count(all)}`}${note}`;
        if (!this.#out.isTTY) {
          this.#out.write(`            ${text}\n`);
          return;
        }
        const share = all === null ? 0 : done / Math.max(1, all);
        const filled = Math.round(share * BAR_WIDTH);
        const bar = all === null ? "" : `${"━".repeat(filled)}${"╌".repeat(BAR_WIDTH - filled)} `;
        this.#out.write(`${CLEAR_LINE}  ${bar}${text}`);
        this.#moving = true;
      },
    };
  }

  /** Takes the moving line away. */
  clear(): void {
    if (!this.#moving) return;
    this.#out.write(CLEAR_LINE);
    this.#moving = false;
  }
}

const COUNT = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A whole number for people. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** A count and its noun. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A number with one decimal. */
export function decimal(value: number): string {
  return value.toFixed(1);
}

const PERCENT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, useGrouping: true });

/** A share of one, in percent; a dash where there is none. */
export function percent(share: number | null): string {
  if (share === null) return "–";
  const value = share * 100;
  return `${Math.abs(value) < 1_000 ? PERCENT.format(value) : COUNT.format(value)} %`;
}

/** An amount of money for people; a dash where it is not known. */
export function formatMoney(amount: Money | null): string {
  if (amount === null) return "–";
  const format = new Intl.NumberFormat("en", { style: "currency", currency: amount.currency });
  return format.format(amount.amountMicros / 1_000_000);
}
