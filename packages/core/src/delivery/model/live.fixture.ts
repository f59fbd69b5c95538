/** Lives through random histories, and holds delivery to its laws at every moment of them. */
import type { SqlDriver } from "@campaignkit/core";
import type { SendStep } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, vi } from "vitest";
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
  stopTheWatch(storage);
  const beginning = await Beginning.in(new FaultyDriver(storage));
  const met = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fate, async (given) => {
      for (const outcome of await live(beginning, given)) met.add(outcome);
    }),
    options,
  );
  vi.unstubAllGlobals();
  return [...met];
}

/** Lives through so many histories without looking for failures; returns all statements of them, in order. */
export async function statementsOf(
  storage: SqlDriver,
  options: { readonly numRuns: number; readonly seed: number },
): Promise<readonly string[]> {
  stopTheWatch(storage);
  const driver = new FaultyDriver(storage);
  const beginning = await Beginning.in(driver);
  const statements: string[] = [];
  driver.heard = (sql) => void statements.push(sql);
  for (const given of fc.sample(fate, options)) await live(beginning, given);
  vi.unstubAllGlobals();
  return statements;
}

/** SQLite's driver lets the event loop breathe by the clock on the wall, which would decide who of two goes first. */
function stopTheWatch({ family }: SqlDriver): void {
  if (family === "sqlite") vi.stubGlobal("performance", { now: () => 0 });
}

/** All that a history follows from. */
interface Fate {
  /** What the calls of its deliveries come to. */
  readonly script: readonly SendStep[];
  readonly budgets: readonly (number | null)[];
  readonly operations: readonly Operation[];
}

const budget = fc.constantFrom(null, null, 3, 8);
const fate: fc.Arbitrary<Fate> = fc.record({
  script: steps,
  budgets: fc.tuple(budget, budget),
  operations: history,
});

async function live(beginning: Beginning, { script, budgets, operations }: Fate): Promise<readonly string[]> {
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
