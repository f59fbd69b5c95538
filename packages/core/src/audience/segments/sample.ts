/** A random sample that the same seed always draws again. Pure. */

/** A stream of numbers from 0 (included) to 1 (excluded): mulberry32, by Tommy Ettinger; enough for sampling, not for secrets. */
function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/**
 * That many distinct ranks from 1 to `population`, each set equally likely; all of them when there are not more. Ascending.
 *
 * Robert Floyd's algorithm (Bentley, "Programming Pearls", CACM 30:9, 1987): as many draws as ranks.
 */
export function drawRanks(population: number, size: number, seed: number): readonly number[] {
  const next = seededNumbers(seed);
  const drawn = new Set<number>();
  for (let last = Math.max(0, population - size) + 1; last <= population; last++) {
    const rank = 1 + Math.floor(next() * last);
    drawn.add(drawn.has(rank) ? last : rank);
  }
  return [...drawn].sort((a, b) => a - b);
}
