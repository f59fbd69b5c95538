/** The seed of every property test: fixed, so that a run can be repeated; `FC_SEED` sets another. */
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    propertySeed: number;
  }
}

const FIXED_SEED = 20_261_120;

export default function setup(project: TestProject): void {
  const wanted = process.env["FC_SEED"];
  const seed = wanted === undefined ? FIXED_SEED : Number(wanted);
  if (!Number.isInteger(seed)) throw new Error(`FC_SEED is "${wanted}"; it must be a whole number.`);
  project.provide("propertySeed", seed);
  console.log(`property tests: seed ${seed} (repeat with FC_SEED=${seed})`);
}
