import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { seededChance } from "./chance.ts";
import { killWorkers } from "./kill-run.ts";
import { failuresOf } from "./verdict.ts";

/** The short form; `pnpm faults` runs the long one. */
describeEachDatabase("workers killed in the middle of a call", (database) => {
  it.each(["hold", "retry", "idempotent"] as const)(
    "CHN-7: lose nothing and leave nothing stuck under %s",
    { timeout: 180_000 },
    async (policy) => {
      const run = {
        policy,
        workers: 2,
        kills: 3,
        messages: 300,
        leaseMs: 3_000,
        lifetime: 60,
        chance: seededChance(7),
      };
      const row = await killWorkers(await database(), run);
      expect(row.kills).toBe(3);
      expect(failuresOf(row)).toEqual([]);
    },
  );
});
