/** Failures say what may be done. */
import { strict as assert } from "node:assert";
import { inspect } from "node:util";
import { CampaignKitError } from "@campaignkit/core";
import { inTime, pause } from "../bench.ts";
import type { StorageCase } from "../case.ts";
import { failsWith, rejection } from "../expect.ts";

export const FAILURE_CASES: readonly StorageCase[] = [
  {
    id: "failure.unique",
    title: "a taken key or unique value is a StorageError of kind unique, inside a transaction and outside",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      await failsWith(
        "a taken primary key",
        "unique",
        bench.run("INSERT INTO item (id, label) VALUES (1, 'x')"),
      );
      await failsWith(
        "a taken label",
        "unique",
        bench.run("INSERT INTO item (id, label) VALUES (2, 'item 1')"),
      );
      await failsWith(
        "a taken label in a transaction",
        "unique",
        bench.driver.transaction(async (transaction) => void (await bench.addItem(1, transaction))),
      );
    },
  },
  {
    id: "failure.constraint",
    title: "NOT NULL, CHECK and foreign keys are enforced, with kind constraint",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const { integer } = bench.types;
      await bench.run(`CREATE TABLE part (item_id ${integer} NOT NULL REFERENCES item (id))`);
      await failsWith(
        "NOT NULL",
        "constraint",
        bench.run("INSERT INTO item (id, label) VALUES (?, ?)", [2, null]),
      );
      await failsWith("CHECK", "constraint", bench.run("UPDATE item SET amount = ?", [-1]));
      await failsWith(
        "a foreign key",
        "constraint",
        bench.run("INSERT INTO part (item_id) VALUES (?)", [99]),
      );
      await bench.run("INSERT INTO part (item_id) VALUES (?)", [1]);
      await failsWith("a foreign key", "constraint", bench.run("DELETE FROM item WHERE id = 1"));
    },
  },
  {
    id: "failure.constraint-at-commit",
    title:
      "a constraint checked at the commit makes the transaction reject with kind constraint, and keeps nothing",
    async run(bench) {
      await bench.itemTable();
      const { integer } = bench.types;
      await bench.run(
        `CREATE TABLE part (item_id ${integer} NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)`,
      );
      await failsWith(
        "the transaction",
        "constraint",
        bench.driver.transaction(async (transaction) => {
          await bench.addItem(1, transaction);
          await bench.run("INSERT INTO part (item_id) VALUES (99)", [], transaction);
        }),
      );
      assert.deepEqual(await bench.itemIds(), []);
      await bench.addItem(2);
      assert.deepEqual(await bench.itemIds(), [2]);
    },
  },
  {
    id: "failure.invalid",
    title: "a statement that makes no sense is a StorageError of kind invalid",
    async run(bench) {
      await failsWith("a syntax error", "invalid", bench.run("SELEC 1"));
      await failsWith("an unknown table", "invalid", bench.run("SELECT * FROM nowhere"));
    },
  },
  {
    id: "failure.parameter-count",
    title: "too few or too many parameters are a StorageError of kind invalid, never nulls or nothing",
    async run(bench) {
      await bench.itemTable();
      const insert = "INSERT INTO item (id, label, amount) VALUES (?, ?, ?)";
      await failsWith("two of three", "invalid", bench.run(insert, [1, "a"]));
      await failsWith("four for three", "invalid", bench.run(insert, [1, "a", 1, 1]));
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "failure.one-statement",
    title: "a text that holds two statements is refused whole",
    async run(bench) {
      await bench.itemTable();
      const two =
        "INSERT INTO item (id, label) VALUES (1, 'a'); INSERT INTO item (id, label) VALUES (2, 'b')";
      await failsWith("two statements in one text", "invalid", bench.run(two));
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "failure.connection-stays-usable",
    title: "after a failed statement, in a transaction or out of it, the next ones work",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      for (let round = 0; round < 12; round += 1) {
        await rejection("the duplicate", bench.addItem(1));
        await rejection("nonsense", bench.run("SELEC 1"));
        await rejection(
          "the transaction",
          bench.driver.transaction(async (transaction) => void (await bench.addItem(1, transaction))),
        );
      }
      await bench.addItem(2);
      await bench.driver.transaction(async (transaction) => void (await bench.addItem(3, transaction)));
      assert.deepEqual(await bench.itemIds(), [1, 2, 3]);
    },
  },
  {
    id: "failure.shows-no-values",
    title: "an error, with everything hanging on it, shows no value of a parameter or a row",
    async run(bench) {
      await bench.itemTable();
      const secret = "token-5f1c";
      const insert = "INSERT INTO item (id, label, amount) VALUES (?, ?, ?)";
      await bench.run(insert, [1, secret, 0]);
      for (const parameters of [
        [2, secret, 0],
        [3, secret, -1],
      ]) {
        const error = await rejection("the insert", bench.run(insert, parameters));
        const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
        assert.ok(!shown.includes(secret), `the value is shown: ${shown}`);
      }
    },
  },
  {
    id: "failure.contention-busy",
    title:
      "a writer that can't get the lock in time fails with kind contention, and succeeds once it is free",
    family: "sqlite",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      await bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        await failsWith("a statement", "contention", bench.addItem(2, other));
        await failsWith(
          "a transaction",
          "contention",
          other.transaction(async () => undefined),
        );
      });
      await bench.addItem(2, other);
      assert.deepEqual(await bench.itemIds(), [1, 2]);
    },
  },
  {
    id: "failure.contention-waits",
    title: "a writer waits for a lock that is given back in time, with timers going on meanwhile",
    family: "sqlite",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      // Would the second writer wait inside SQLite, the process would stand still and the first could never end.
      let waiting: Promise<unknown> = Promise.resolve();
      await bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        waiting = bench.addItem(2, other);
        await pause(50);
      });
      await inTime("the second writer", waiting);
      assert.deepEqual(await bench.itemIds(), [1, 2]);
    },
  },
  {
    id: "failure.contention-deadlock",
    title:
      "of two transactions that wait for each other one fails with kind contention and the other is kept",
    family: "postgres",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      await bench.addItem(2);
      const update = "UPDATE item SET amount = amount + 1 WHERE id = ?";
      const bothHold = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
      const cross = (driver: typeof bench.driver, mine: 0 | 1) =>
        driver.transaction(async (transaction) => {
          await bench.run(update, [mine + 1], transaction);
          bothHold[mine].resolve();
          await bothHold[mine === 0 ? 1 : 0].promise;
          await bench.run(update, [2 - mine], transaction);
        });
      const outcomes = await inTime(
        "the deadlock",
        Promise.allSettled([cross(bench.driver, 0), cross(await bench.another(), 1)]),
      );
      const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      assert.equal(failed.length, 1);
      assert.ok(CampaignKitError.is(failed[0], "STORAGE_FAILED") && failed[0].details.kind === "contention");
      assert.equal(await bench.number("SELECT sum(amount) FROM item"), 2);
    },
  },
];
