/** The end. */
import { strict as assert } from "node:assert";
import { inTime, pause } from "../bench.ts";
import type { StorageCase } from "../case.ts";
import { failsWith } from "../expect.ts";

export const CLOSE_CASES: readonly StorageCase[] = [
  {
    id: "close.idempotent",
    title: "closing again, also at the same time, does no harm",
    async run(bench) {
      await bench.run("SELECT 1");
      await inTime("two closes at once", Promise.all([bench.driver.close(), bench.driver.close()]));
      await inTime("a third close", bench.driver.close());
    },
  },
  {
    id: "close.unused",
    title: "a driver that was never used closes",
    async run(bench) {
      await inTime("close()", bench.driver.close());
    },
  },
  {
    id: "close.then-unavailable",
    title: "after closing, statements and transactions fail with kind unavailable",
    async run(bench) {
      await bench.run("SELECT 1");
      await bench.driver.close();
      await failsWith("a statement", "unavailable", bench.run("SELECT 1"));
      let called = false;
      const transaction = bench.driver.transaction(async () => {
        called = true;
      });
      await failsWith("a transaction", "unavailable", transaction);
      assert.equal(called, false, "the work must not be called");
    },
  },
  {
    id: "close.waits-for-running",
    title: "closing waits for the transaction that is running, which is kept",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      const other = await bench.another();
      let ended = false;
      const running = bench.driver.transaction(async (transaction) => {
        await bench.addItem(1, transaction);
        await pause(50);
        await bench.addItem(2, transaction);
        ended = true;
      });
      // Judged below; until then a failure must not count as nobody's.
      running.catch(() => undefined);
      // The transaction has to be under way: a driver may refuse what had not begun.
      await pause();
      await inTime("close()", bench.driver.close());
      assert.equal(ended, true, "close() resolved while a transaction was running");
      await running;
      assert.deepEqual(await bench.itemIds(other), [1, 2]);
    },
  },
];
