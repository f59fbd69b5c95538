/** Lives through random histories, and holds delivery to its laws at every moment of them. */
import type { SqlDriver } from "@campaignkit/core";
import type { SendStep } from "@campaignkit/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { Beginning } from "./beginning.fixture.ts";
import { FaultyDriver } from "./faults.fixture.ts";
import { bringToAnEnd, history, type Operation, perform, steps } from "./history.fixture.ts";
import { expectLaws, look, Memory } from "./laws.fixture.ts";
import { World } from "./world.fixture.ts";

/** What many histories must have come to, all together, or they prove less than they seem to. */
export const OUTCOMES = [
  "sent",
  ...["rejected-recipient", "rejected-content", "attempts-exhausted", "resolved-by-person"].map(
    (reason) => `failed ${reason}`,
  ),
  ...["outcome-unknown", "worker-lost", "attempts-exhausted"].map((reason) => `uncertain ${reason}`),
  ...["no-consent", "no-address", "consent-withdrawn", "suppressed", "erased", "frequency-cap"].map(
    (reason) => `skipped ${reason}`,
  ),
  ...["campaign-cancelled", "campaign-ended"].map((reason) => `skipped ${reason}`),
];

/** Lives through so many histories in a database with core's schema, one after the other; returns the outcomes that were met. */
export async function liveThrough(
  storage: SqlDriver,
  options: { readonly numRuns: number; readonly seed?: number },
): Promise<readonly string[]> {
  const beginning = await Beginning.in(new FaultyDriver(storage));
  const met = new Set<string>();
  const budget = fc.constantFrom(null, null, 3, 8);
  await fc.assert(
    fc.asyncProperty(steps, fc.tuple(budget, budget), history, async (script, budgets, operations) => {
      for (const outcome of await live(beginning, script, budgets, operations)) met.add(outcome);
    }),
    options,
  );
  return [...met];
}

async function live(
  beginning: Beginning,
  script: readonly SendStep[],
  budgets: readonly (number | null)[],
  operations: readonly Operation[],
): Promise<readonly string[]> {
  await beginning.restore();
  const world = await World.after(beginning.world, script, budgets);
  const memory = new Memory();
  const check = () => expectLaws(world, memory);
  for (const operation of operations) {
    await perform(world, memory, operation);
    await check();
  }
  await bringToAnEnd(world, memory, check);
  const rows = await look(world);
  expect(rows.filter(({ state }) => state === "pending" || state === "sending")).toEqual([]);
  for (const postId of world.postIds) {
    const { state } = await world.shop.posts.get(postId);
    expect(["sent", "cancelled", "planned"]).toContain(state);
  }
  return rows.map(({ state, reason }) => `${state} ${reason}`.trim());
}
