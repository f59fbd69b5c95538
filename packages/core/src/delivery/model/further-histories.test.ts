/** The second half of the histories that delivery is held to; in a file of its own, so that two cores share them. */
import { sqlite } from "@campaignkit/adapter-sqlite";
import { migrate } from "@campaignkit/test-support/template";
import { expect, inject, it } from "vitest";
import { liveThrough, OUTCOMES } from "./live.fixture.ts";

const RUNS = 1_000;

it(`CHN-7: delivery's laws hold through ${RUNS} further histories`, { timeout: 1_800_000 }, async () => {
  const storage = sqlite(":memory:");
  await migrate(storage);
  const met = await liveThrough(storage, { numRuns: RUNS, seed: inject("propertySeed") + 1 });
  expect(met).toEqual(expect.arrayContaining(OUTCOMES));
  await storage.close();
});
