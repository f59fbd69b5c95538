/** What a person does with the newsletter, drawn once and for all from the seed and the address. Pure. */
import { type Chance, chanceFor } from "../chance.ts";

/** A person's mind about one message. */
export interface Behaviour {
  /** Whether the person's mail provider looks at the links first, to protect them. */
  readonly scanned: boolean;
  readonly opens: boolean;
  /** Which of the message's links are clicked, as fractions of their number. */
  readonly clicks: readonly number[];
  /** What is ordered after a click, in cents; `null`: nothing. */
  readonly orderCents: number | null;
  readonly unsubscribes: boolean;
}

/** How likely what is. */
const SCANNED = 0.06;
const OPENS = 0.46;
/** Of those who open. */
const CLICKS = 0.34;
const CLICKS_AGAIN = 0.25;
/** Of those who click. */
const ORDERS = 0.14;
/** Of everybody: some leave without a look. */
const UNSUBSCRIBES = 0.012;

const CHEAPEST_CENTS = 1_490;
const DEAREST_CENTS = 18_990;

/** Draws a behaviour. Most orders are small, few are large. */
export function drawBehaviour(seed: number, address: string): Behaviour {
  const chance = chanceFor(seed, `behaviour ${address.toLowerCase()}`);
  const scanned = chance() < SCANNED;
  const unsubscribes = chance() < UNSUBSCRIBES;
  const opens = chance() < OPENS;
  const clicks = opens ? drawClicks(chance) : [];
  const orders = clicks.length > 0 && chance() < ORDERS;
  const orderCents = orders
    ? Math.round(CHEAPEST_CENTS + chance() ** 3 * (DEAREST_CENTS - CHEAPEST_CENTS))
    : null;
  return { scanned, opens, clicks, orderCents, unsubscribes };
}

function drawClicks(chance: Chance): readonly number[] {
  if (chance() >= CLICKS) return [];
  const first = chance();
  return chance() < CLICKS_AGAIN ? [first, chance()] : [first];
}
