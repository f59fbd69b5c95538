import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { seededChance } from "./chance.ts";
import { killWorkers } from "./kill-run.ts";
import { failuresOf } from "./verdict.ts";

const POLICIES = ["hold", "retry", "idempotent", "lookup"] as const;

/** The short form; `pnpm faults` runs the long one. */
describeEachDatabase("workers killed in the middle of a call", (database) => {
  it("CHN-7: lose nothing, leave nothing stuck and double nothing that their policy does not allow", {
    timeout: 180_000,
  }, async () => {
    const kill = async (policy: (typeof POLICIES)[number]) =>
      killWorkers(await database(), {
        policy,
        workers: 2,
        kills: 3,
        messages: 300,
        leaseMs: 3_000,
        lifetime: 60,
        chance: seededChance(7),
      });
    // All at once: for the most part they wait until the leases of the dead have run out.
    const rows = await Promise.all(POLICIES.map(kill));
    expect(rows.map(({ policy, kills }) => [policy, kills])).toEqual(POLICIES.map((policy) => [policy, 3]));
    expect(rows.flatMap(failuresOf)).toEqual([]);
  });
});
