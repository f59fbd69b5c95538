/** Two connections want the same thing. */
import { strict as assert } from "node:assert";
import { CampaignKitError, type SqlExecutor } from "@campaignkit/core";
import type { Bench } from "../bench.ts";
import { inTime } from "../bench.ts";
import type { StorageCase } from "../case.ts";

async function workTable(bench: Bench, count: number): Promise<void> {
  const { integer, text } = bench.types;
  await bench.run(
    `CREATE TABLE work (id ${integer} PRIMARY KEY, token ${text}, lease_until ${integer}, done ${integer} NOT NULL DEFAULT 0)`,
  );
  await bench.driver.transaction(async (transaction) => {
    for (let id = 1; id <= count; id += 1) {
      await bench.run("INSERT INTO work (id) VALUES (?)", [id], transaction);
    }
  });
}

interface Claim {
  readonly token: string;
  readonly now: number;
  readonly leaseUntil: number;
  readonly limit: number;
}

/** Claims rows that nobody holds or whose lease has run out, in the form that each family is meant to use. */
async function claim(bench: Bench, on: SqlExecutor, wanted: Claim): Promise<number[]> {
  const due =
    "SELECT id FROM work WHERE done = 0 AND (lease_until IS NULL OR lease_until <= ?) ORDER BY id LIMIT ?";
  const sql =
    bench.family === "postgres"
      ? `WITH due AS (${due} FOR UPDATE SKIP LOCKED) UPDATE work SET token = ?, lease_until = ? FROM due WHERE work.id = due.id RETURNING work.id`
      : `WITH due AS (${due}) UPDATE work SET token = ?, lease_until = ? WHERE id IN (SELECT id FROM due) RETURNING id`;
  const parameters = [wanted.now, wanted.limit, wanted.token, wanted.leaseUntil];
  const { rows } = await bench.run(sql, parameters, on, "conformance.claim");
  return rows.map((row) => Number(row["id"]));
}

/** Marks a row done, if the claim still holds. */
async function finish(bench: Bench, on: SqlExecutor, id: number, token: string): Promise<number> {
  const sql = "UPDATE work SET done = 1 WHERE id = ? AND token = ? AND done = 0";
  return (await bench.run(sql, [id, token], on)).affectedRows;
}

export const RACE_CASES: readonly StorageCase[] = [
  {
    id: "race.guarded-update",
    title:
      "a limit guarded by the statement holds when two connections race: not one step beyond, none left out",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const spend = "UPDATE item SET amount = amount + 10 WHERE id = 1 AND amount + 10 <= 300";
      const spender = async (driver: SqlExecutor) => {
        let won = 0;
        for (let attempt = 0; attempt < 40; attempt += 1)
          won += (await bench.run(spend, [], driver)).affectedRows;
        return won;
      };
      const [first, second] = await inTime(
        "the race",
        Promise.all([spender(bench.driver), spender(await bench.another())]),
      );
      assert.equal((first ?? 0) + (second ?? 0), 30, `wins: ${first} and ${second}`);
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 1"), 300);
    },
  },
  {
    id: "race.single-winner",
    title: "of two connections that take the same row, exactly one is told so",
    needs: "two-connections",
    async run(bench) {
      await workTable(bench, 30);
      const drivers = [bench.driver, await bench.another()];
      for (let id = 1; id <= 30; id += 1) {
        const take = drivers.map((driver, index) =>
          bench.run(
            "UPDATE work SET token = ? WHERE id = ? AND token IS NULL",
            [`owner ${index}`, id],
            driver,
          ),
        );
        const taken = await inTime("the race", Promise.all(take));
        const winners = taken.flatMap(({ affectedRows }, index) => (affectedRows === 1 ? [index] : []));
        assert.equal(winners.length, 1, `row ${id} was won by ${winners.length}`);
        assert.deepEqual(await bench.column("SELECT token FROM work WHERE id = ?", [id]), [
          `owner ${winners[0]}`,
        ]);
      }
    },
  },
  {
    id: "race.unique-insert",
    title: "of two connections that insert the same key, one succeeds and the other gets a unique violation",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const drivers = [bench.driver, await bench.another()];
      for (let id = 1; id <= 20; id += 1) {
        const outcomes = await inTime(
          "the race",
          Promise.allSettled(drivers.map((driver) => bench.addItem(id, driver))),
        );
        const kinds = outcomes.map((outcome) => {
          if (outcome.status === "fulfilled") return "inserted";
          const { reason } = outcome;
          return CampaignKitError.is(reason, "STORAGE_FAILED") ? reason.details.kind : String(reason);
        });
        assert.deepEqual(kinds.sort(), ["inserted", "unique"]);
      }
    },
  },
  {
    id: "race.claims",
    title: "two connections that claim batches from the same queue get every row once",
    needs: "two-connections",
    async run(bench) {
      await workTable(bench, 200);
      const claimAll = async (driver: SqlExecutor, token: string) => {
        const claimed: number[] = [];
        for (;;) {
          const batch = await claim(bench, driver, { token, now: 1000, leaseUntil: 9000, limit: 7 });
          if (batch.length === 0) return claimed;
          claimed.push(...batch);
        }
      };
      const [first = [], second = []] = await inTime(
        "the race",
        Promise.all([claimAll(bench.driver, "first"), claimAll(await bench.another(), "second")]),
      );
      const all = [...first, ...second].sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: 200 }, (_, index) => index + 1),
      );
      const kept = await bench.column("SELECT id FROM work WHERE token = 'first' ORDER BY id");
      assert.deepEqual(
        kept.map(Number),
        [...first].sort((a, b) => a - b),
      );
    },
  },
  {
    id: "race.transactions",
    title: "transactions of two connections that read and then write the same locked row lose no update",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const lock = bench.family === "postgres" ? " FOR UPDATE" : "";
      const add = async (driver: Bench["driver"]) => {
        for (let round = 0; round < 15; round += 1) {
          await driver.transaction(async (transaction) => {
            const amount = await bench.number(`SELECT amount FROM item WHERE id = 1${lock}`, [], transaction);
            await bench.run("UPDATE item SET amount = ? WHERE id = 1", [amount + 1], transaction);
          });
        }
      };
      await inTime("the race", Promise.all([add(bench.driver), add(await bench.another())]));
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 1"), 30);
    },
  },
  {
    id: "lease.expires-by-parameter",
    title:
      "a lease ends at the instant given as a parameter: then another may claim, and the first can't finish any more",
    async run(bench) {
      await workTable(bench, 2);
      const { driver } = bench;
      assert.deepEqual(
        await claim(bench, driver, { token: "a", now: 1000, leaseUntil: 2000, limit: 1 }),
        [1],
      );
      assert.deepEqual(
        await claim(bench, driver, { token: "b", now: 1999, leaseUntil: 5000, limit: 9 }),
        [2],
        "a lease that still runs must be left alone",
      );
      assert.deepEqual(
        await claim(bench, driver, { token: "c", now: 2000, leaseUntil: 5000, limit: 9 }),
        [1],
        "a lease that has run out must be claimable",
      );
      assert.equal(await finish(bench, driver, 1, "a"), 0, "the token of a lost claim must not finish");
      assert.equal(await finish(bench, driver, 1, "c"), 1);
      assert.equal(await finish(bench, driver, 1, "c"), 0, "finishing twice must count once");
    },
  },
];
