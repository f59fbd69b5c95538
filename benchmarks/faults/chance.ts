/** Seeded chance, so that a run of faults can be repeated with the same decisions (the moments stay those of real processes). */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
