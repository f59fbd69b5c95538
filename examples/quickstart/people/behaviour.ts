/** What a person does with the newsletter, drawn once and for all from the seed and the address. Pure. */
import { type Chance, chanceFor } from "../chance.ts";

/**
 * A program that follows the links first, to protect the person: it asks for the heads only, says its name, or calls itself a browser and follows
 * every link that it finds.
 */
export type Scanner = "head" | "named" | "disguised";

/** What loads the images: the person's own program, or a proxy when the person opens, or Apple's, which does so unread. */
export type ImageLoader = "own" | "gmail" | "apple";

/** A person's mind about one message, and the machines between. */
export interface Behaviour {
  readonly scanner: Scanner | null;
  readonly images: ImageLoader;
  readonly opens: boolean;
  /** Which of the message's links are clicked, as fractions of their number. */
  readonly clicks: readonly number[];
  /** What is ordered after a click, in cents; `null`: nothing. */
  readonly orderCents: number | null;
  readonly unsubscribes: boolean;
}

/** How likely what is. */
const SCANNERS: readonly (readonly [Scanner, number])[] = [
  ["head", 0.04],
  ["named", 0.04],
  ["disguised", 0.03],
];
const LOADERS: readonly (readonly [ImageLoader, number])[] = [
  ["gmail", 0.3],
  ["apple", 0.15],
];
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
  const scanner = pick(SCANNERS, chance());
  const unsubscribes = chance() < UNSUBSCRIBES;
  const opens = chance() < OPENS;
  const clicks = opens ? drawClicks(chance) : [];
  const orders = clicks.length > 0 && chance() < ORDERS;
  const orderCents = orders
    ? Math.round(CHEAPEST_CENTS + chance() ** 3 * (DEAREST_CENTS - CHEAPEST_CENTS))
    : null;
  const images = pick(LOADERS, chance()) ?? "own";
  return { scanner, images, opens, clicks, orderCents, unsubscribes };
}

/** The one whose share the number falls into. */
function pick<Kind>(shares: readonly (readonly [Kind, number])[], number: number): Kind | null {
  let end = 0;
  for (const [kind, share] of shares) {
    end += share;
    if (number < end) return kind;
  }
  return null;
}

function drawClicks(chance: Chance): readonly number[] {
  if (chance() >= CLICKS) return [];
  const first = chance();
  return chance() < CLICKS_AGAIN ? [first, chance()] : [first];
}
