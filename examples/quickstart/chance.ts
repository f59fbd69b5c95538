/** Chance that repeats: the same seed and the same name give the same numbers, in whatever order they are asked for. */
import { createHash } from "node:crypto";

/** A source of numbers from 0 (included) to 1 (excluded). */
export type Chance = () => number;

const PER_DIGEST = 8;

/** Numbers for one thing (a row, a person) under a seed. */
export function chanceFor(seed: number, name: string): Chance {
  let digest = Buffer.alloc(0);
  let drawn = 0;
  return () => {
    const place = drawn % PER_DIGEST;
    if (place === 0) {
      digest = createHash("sha256")
        .update(`${seed}\n${drawn / PER_DIGEST}\n${name}`)
        .digest();
    }
    drawn += 1;
    return digest.readUInt32BE(place * 4) / 2 ** 32;
  };
}

/** One of the items. */
export function pick<Item>(items: readonly [Item, ...Item[]], chance: Chance): Item {
  return items[Math.floor(chance() * items.length)] ?? items[0];
}
