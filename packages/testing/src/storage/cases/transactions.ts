/** All or nothing, and nobody else in between. */
import { strict as assert } from "node:assert";
import { StorageError } from "@campaignkit/core";
import { inTime, pause } from "../bench.ts";
import type { StorageCase } from "../case.ts";
import { failsWith, rejection } from "../expect.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

export const TRANSACTION_CASES: readonly StorageCase[] = [
  {
    id: "commit.visible-to-another",
    title:
      "a statement outside a transaction is committed when its promise resolves: another connection sees it",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      for (const id of numbers(20)) {
        await bench.addItem(id);
        assert.equal(await bench.number("SELECT count(*) FROM item", [], other), id);
      }
    },
  },
  {
    id: "commit.transaction-visible-to-another",
    title: "a transaction is committed when its promise resolves: another connection sees all of it",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      for (const round of numbers(10)) {
        await bench.driver.transaction(async (transaction) => {
          await bench.addItem(round * 2, transaction);
          await bench.addItem(round * 2 + 1, transaction);
        });
        assert.equal(await bench.number("SELECT count(*) FROM item", [], other), round * 2);
      }
    },
  },
  {
    id: "tx.commit-keeps-everything",
    title: "a transaction resolves with what its work resolves with, and keeps every statement",
    async run(bench) {
      await bench.itemTable();
      const result = await bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        await bench.addItem(2, transaction);
        return (await bench.itemIds(transaction)).length;
      });
      assert.equal(result, 2);
      assert.deepEqual(await bench.itemIds(), [1, 2]);
    },
  },
  {
    id: "tx.rollback-leaves-nothing",
    title: "when the work rejects, nothing of it stays",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      await rejection(
        "the transaction",
        bench.driver.transaction(async (transaction) => {
          await bench.addItem(2, transaction);
          await bench.run("UPDATE item SET amount = 5", [], transaction);
          await bench.run("DELETE FROM item WHERE id = 1", [], transaction);
          throw new Error("changed my mind");
        }),
      );
      assert.deepEqual(await bench.itemIds(), [1]);
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 1"), 0);
    },
  },
  {
    id: "tx.rethrows-the-same-error",
    title: "when the work rejects, the transaction rejects with that very error",
    async run(bench) {
      const error = new Error("mine");
      const work = async () => {
        throw error;
      };
      assert.equal(await rejection("the transaction", bench.driver.transaction(work)), error);
      const value = { not: "an error" };
      const odd = bench.driver.transaction(() => Promise.reject(value));
      assert.equal(await rejection("the transaction", odd), value);
    },
  },
  {
    id: "tx.work-runs-once",
    title: "the work is called once, also when it fails by contention: repeating it is the caller's decision",
    async run(bench) {
      let calls = 0;
      const work = async () => {
        calls += 1;
        throw new StorageError("contention", "said by the work");
      };
      await failsWith("the transaction", "contention", bench.driver.transaction(work));
      assert.equal(calls, 1);
    },
  },
  {
    id: "tx.uncommitted-is-invisible",
    title: "another connection sees nothing of a transaction before it is committed",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      await bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        assert.deepEqual(await bench.itemIds(other), []);
      });
      assert.deepEqual(await bench.itemIds(other), [1]);
    },
  },
  {
    id: "tx.outside-statement-stays-outside",
    title:
      "a statement on the driver never becomes part of an open transaction: it neither sees it nor is rolled back with it",
    async run(bench) {
      await bench.itemTable();
      const outside: Promise<unknown>[] = [];
      let seen: Promise<number> | undefined;
      const outcome = bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        // Not awaited: with one connection they wait until the transaction is over.
        outside.push(bench.addItem(2));
        seen = bench.number("SELECT count(*) FROM item WHERE id = 1");
        outside.push(seen);
        await pause();
        await bench.addItem(3, transaction);
        await pause();
        throw new Error("roll back");
      });
      await rejection("the transaction", outcome);
      await inTime("the statements outside", Promise.all(outside));
      assert.equal(await seen, 0, "the statement outside saw an uncommitted row");
      assert.deepEqual(await bench.itemIds(), [2], "of 1 and 3 inside and 2 outside, 2 must stay");
    },
  },
  {
    id: "tx.over-is-over",
    title: "the executor of a transaction that has ended refuses statements, and they have no effect",
    async run(bench) {
      await bench.itemTable();
      const { transaction } = await bench.driver.transaction(async (open) => ({ transaction: open }));
      await rejection("a late statement", bench.addItem(1, transaction));
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "tx.swallowed-failure-is-no-success",
    title: "when the work swallows a statement's error, either the rest is kept or the transaction rejects",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const settled = await bench.driver
        .transaction(async (transaction) => {
          await bench.addItem(2, transaction);
          await rejection("the duplicate", bench.addItem(1, transaction));
        })
        .then(
          () => "resolved",
          () => "rejected",
        );
      assert.deepEqual(await bench.itemIds(), settled === "resolved" ? [1, 2] : [1], `it ${settled}`);
    },
  },
  {
    id: "tx.savepoint",
    title: "rolling back to a savepoint undoes what came after it and keeps the rest",
    async run(bench) {
      await bench.itemTable();
      await bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        await bench.run("SAVEPOINT here", [], transaction);
        await bench.addItem(2, transaction);
        await rejection("the duplicate", bench.addItem(1, transaction));
        await bench.run("ROLLBACK TO SAVEPOINT here", [], transaction);
        await bench.addItem(3, transaction);
        await bench.run("RELEASE SAVEPOINT here", [], transaction);
      });
      assert.deepEqual(await bench.itemIds(), [1, 3]);
    },
  },
  {
    id: "tx.statements-at-once",
    title: "statements started together in a transaction all belong to it",
    async run(bench) {
      await bench.itemTable();
      const outcome = bench.driver.transaction(async (transaction) => {
        await Promise.all(numbers(20).map((id) => bench.addItem(id, transaction)));
        assert.equal((await bench.itemIds(transaction)).length, 20);
        throw new Error("roll back");
      });
      assert.match(String(await rejection("the transaction", outcome)), /roll back/);
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "tx.concurrent-all-finish",
    title: "many transactions at once all finish, held across timers, and each is rolled back alone",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1000);
      const outcomes = await inTime(
        "forty transactions",
        Promise.allSettled(
          numbers(40).map((id) =>
            bench.driver.transaction(async (transaction) => {
              await bench.addItem(id, transaction);
              await pause(id % 3);
              await bench.run("UPDATE item SET amount = amount + 1 WHERE id = 1000", [], transaction);
              if (id % 4 === 0) throw new Error("every fourth");
            }),
          ),
        ),
      );
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 30);
      const kept = numbers(40).filter((id) => id % 4 !== 0);
      assert.deepEqual(await bench.itemIds(), [...kept, 1000]);
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 1000"), 30);
    },
  },
];
