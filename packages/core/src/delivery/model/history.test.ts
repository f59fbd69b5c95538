/**
 * Delivery against its laws: random histories of launches, pauses, lost workers, lost answers, withdrawn consents and empty budgets.
 *
 * There is no second engine here to compare with, only a far side that knows what it took, and the promises of docs/delivery-guarantees.md.
 */
import type { SqlDriver } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import type { SendStep } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DELIVERY_MOVES } from "../delivery.ts";
import { FaultyDriver } from "./faults.fixture.ts";
import { bringToAnEnd, history, type Operation, perform, steps } from "./history.fixture.ts";
import { expectLaws, look, Memory } from "./laws.fixture.ts";
import { World } from "./world.fixture.ts";

const RUNS = { sqlite: 600, postgres: 15 } as const;
const KEPT = new Set(["ck_migrations", "ck_settings", "ck_activity_feed"]);

/** The database itself refuses every move that is not in the table. */
async function guardMoves(driver: SqlDriver): Promise<void> {
  const legal = Object.entries(DELIVERY_MOVES)
    .flatMap(([from, tos]) => [from, ...tos].map((to) => `(old.state = '${from}' and new.state = '${to}')`))
    .join(" or ");
  const run = (sql: string) => driver.execute({ sql, parameters: [] });
  if (driver.family === "sqlite") {
    await run(`create trigger legal_moves before update of state on ck_deliveries when not (${legal})
      begin select raise(abort, 'illegal move of a delivery'); end`);
    return;
  }
  await run(`create function legal_moves() returns trigger language plpgsql as
    $$ begin if not (${legal}) then raise exception 'illegal move: % to %', old.state, new.state; end if; return new; end $$`);
  await run(
    "create trigger legal_moves before update of state on ck_deliveries for each row execute function legal_moves()",
  );
}

/** An empty database again, as quickly as can be. */
async function emptyTables(driver: SqlDriver): Promise<void> {
  const run = (sql: string) => driver.execute({ sql, parameters: [] });
  const catalogue =
    driver.family === "sqlite"
      ? "select name from sqlite_master where type = 'table' and name like 'ck_%'"
      : "select tablename as name from pg_tables where tablename like 'ck_%'";
  const names = (await run(catalogue)).rows.map(({ name }) => String(name)).filter((name) => !KEPT.has(name));
  if (driver.family === "postgres") return void (await run(`truncate ${names.join(", ")}`));
  await run("pragma foreign_keys = off");
  for (const name of names) await run(`delete from ${name}`);
  await run("pragma foreign_keys = on");
}

/** What the histories must have come to, all together, or they prove less than they seem to. */
const SEEN = [
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

/** Lives through a history, and returns what became of its deliveries. */
async function live(
  driver: FaultyDriver,
  script: readonly SendStep[],
  budgets: readonly (number | null)[],
  operations: readonly Operation[],
) {
  const world = new World(driver, script);
  const memory = new Memory();
  const check = () => expectLaws(world, memory);
  await world.open(budgets);
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

describeEachDatabase("delivery's laws", (database, family) => {
  it(`CHN-7: hold through ${RUNS[family]} random histories`, async () => {
    const driver = new FaultyDriver((await database()).connect());
    await new World(driver, []).shop.policies.get();
    await guardMoves(driver);
    const seen = new Set<string>();
    const budget = fc.constantFrom(null, null, 3, 8);
    await fc.assert(
      fc.asyncProperty(steps, fc.tuple(budget, budget), history, async (script, budgets, operations) => {
        await emptyTables(driver);
        driver.fault = null;
        for (const outcome of await live(driver, script, budgets, operations)) seen.add(outcome);
      }),
      { numRuns: RUNS[family] },
    );
    if (family === "sqlite") expect([...seen]).toEqual(expect.arrayContaining(SEEN));
  }, 300_000);
});
