/** The second half of the histories that delivery is held to; in a file of its own, so that two cores share them. */
import { sqlite } from "@campaignkit/adapter-sqlite";
import type { SqlDriver } from "@campaignkit/core";
import { migrate } from "@campaignkit/test-support/template";
import { expect, inject, it } from "vitest";
import { liveThrough, OUTCOMES, statementsOf } from "./live.fixture.ts";

const RUNS = 1_000;

async function inMemory<Result>(work: (storage: SqlDriver) => Promise<Result>): Promise<Result> {
  const storage = sqlite(":memory:");
  await migrate(storage);
  const result = await work(storage);
  await storage.close();
  return result;
}

it(`CHN-7: delivery's laws hold through ${RUNS} further histories`, { timeout: 1_800_000 }, async () => {
  const seed = inject("propertySeed") + 1;
  const met = await inMemory((storage) => liveThrough(storage, { numRuns: RUNS, seed }));
  expect(met).toEqual(expect.arrayContaining(OUTCOMES));
});

it("a history is lived the same way again, statement by statement", async () => {
  const live = () => inMemory((storage) => statementsOf(storage, { numRuns: 25, seed: 7 }));
  const [first, second] = [await live(), await live()];
  expect(first.length).toBeGreaterThan(5_000);
  expect(second).toEqual(first);
});
