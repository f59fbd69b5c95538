/**
 * Delivery against its laws: random histories of launches, pauses, lost workers, lost answers, withdrawn consents and empty budgets.
 *
 * There is no second engine here to compare with, only a far side that knows what it took, and the promises of docs/delivery-guarantees.md.
 * `further-histories.test.ts` lives through as many again, beside this one.
 */
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { liveThrough, OUTCOMES } from "./live.fixture.ts";

const RUNS = { sqlite: 1_000, postgres: 40 } as const;

describeEachDatabase("delivery's laws", (database, family) => {
  it(`CHN-7: hold through ${RUNS[family]} random histories`, { timeout: 1_800_000 }, async () => {
    const met = await liveThrough((await database("memory")).connect(), { numRuns: RUNS[family] });
    if (family === "sqlite") expect(met).toEqual(expect.arrayContaining(OUTCOMES));
  });
});
