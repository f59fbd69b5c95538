/** Statements in a transaction that the host began. */
import { strict as assert } from "node:assert";
import type { StorageCase } from "../case.ts";
import { failsWith } from "../expect.ts";

export const HOST_CASES: readonly StorageCase[] = [
  {
    id: "adopt.rolls-back-with-the-host",
    title: "statements in an adopted transaction see each other and vanish when the host rolls back",
    needs: "adopt",
    async run(bench) {
      await bench.itemTable();
      await bench.inHostTransaction("rollback", async (executor) => {
        assert.equal((await bench.addItem(1, executor)).affectedRows, 1);
        await bench.addItem(2, executor);
        assert.deepEqual(await bench.itemIds(executor), [1, 2]);
      });
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "adopt.commits-with-the-host",
    title: "statements in an adopted transaction stay when the host commits",
    needs: "adopt",
    async run(bench) {
      await bench.itemTable();
      await bench.inHostTransaction("commit", async (executor) => {
        await bench.addItem(1, executor);
        await bench.addItem(2, executor);
      });
      assert.deepEqual(await bench.itemIds(), [1, 2]);
    },
  },
  {
    id: "adopt.classifies",
    title: "a failure in an adopted transaction is a StorageError of the right kind",
    needs: "adopt",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      await bench.inHostTransaction("rollback", async (executor) => {
        await failsWith("the duplicate", "unique", bench.addItem(1, executor));
      });
      await bench.addItem(2);
      assert.deepEqual(await bench.itemIds(), [1, 2]);
    },
  },
  {
    id: "adopt.over-is-over",
    title:
      "when the host's transaction has ended, statements are refused instead of committing by themselves",
    needs: "adopt",
    async run(bench) {
      await bench.itemTable();
      const late: Parameters<typeof bench.addItem>[1][] = [];
      await bench.inHostTransaction("commit", async (executor) => {
        late.push(executor);
      });
      await failsWith("a late statement", ["invalid", "unavailable"], bench.addItem(1, late[0]));
      assert.deepEqual(await bench.itemIds(), []);
    },
  },
  {
    id: "adopt.refuses-strangers",
    title: "adopt gives undefined for what is no handle of its kind",
    needs: "adopt",
    async run(bench) {
      for (const stranger of [undefined, null, 7, "handle", {}, [], () => undefined, { query: 1 }]) {
        assert.equal(bench.driver.adopt?.(stranger), undefined);
      }
    },
  },
];
