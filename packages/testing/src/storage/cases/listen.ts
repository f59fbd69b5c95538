/** Wake-ups from another connection. Waits end by a second notification, not by the clock. */
import { strict as assert } from "node:assert";
import type { SqlDriver, SqlExecutor } from "@campaignkit/core";
import { type Bench, inTime } from "../bench.ts";
import type { StorageCase } from "../case.ts";

const notify = (bench: Bench, topic: string, on?: SqlExecutor) =>
  bench.run("SELECT pg_notify(?, '')", [topic], on);

async function listen(driver: SqlDriver, topic: string, handler: () => void): Promise<() => Promise<void>> {
  assert.ok(driver.listen, "the driver has no listen()");
  return driver.listen(topic, handler);
}

/** Everything notified before has been delivered when this resolves. */
async function fence(bench: Bench): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  const stop = await listen(bench.driver, "conformance-fence", arrived.resolve);
  await notify(bench, "conformance-fence");
  await inTime("the second notification", arrived.promise);
  await stop();
}

export const LISTEN_CASES: readonly StorageCase[] = [
  {
    id: "listen.delivers",
    title: "a notification reaches every handler of its topic, and no other",
    needs: "listen",
    async run(bench) {
      const calls = { one: 0, two: 0, other: 0 };
      const stops = [
        await listen(bench.driver, "Jobs.ready", () => {
          calls.one += 1;
        }),
        await listen(bench.driver, "Jobs.ready", () => {
          calls.two += 1;
        }),
        await listen(bench.driver, "jobs.ready", () => {
          calls.other += 1;
        }),
      ];
      await notify(bench, "Jobs.ready");
      await fence(bench);
      assert.deepEqual(calls, { one: 1, two: 1, other: 0 });
      for (const stop of stops) await stop();
    },
  },
  {
    id: "listen.from-another",
    title: "a notification of another connection arrives",
    needs: "listen",
    async run(bench) {
      const arrived = Promise.withResolvers<void>();
      const stop = await listen(bench.driver, "wake", arrived.resolve);
      await notify(bench, "wake", await bench.another());
      await inTime("the notification", arrived.promise);
      await stop();
    },
  },
  {
    id: "listen.only-when-committed",
    title: "a notification in a transaction arrives when it commits, and not when it rolls back",
    needs: "listen",
    async run(bench) {
      let calls = 0;
      const stop = await listen(bench.driver, "wake", () => {
        calls += 1;
      });
      const rolledBack = bench.driver.transaction(async (transaction) => {
        await notify(bench, "wake", transaction);
        throw new Error("roll back");
      });
      await assert.rejects(rolledBack, /roll back/);
      await fence(bench);
      assert.equal(calls, 0);
      await bench.driver.transaction(async (transaction) => void (await notify(bench, "wake", transaction)));
      await fence(bench);
      assert.equal(calls, 1);
      await stop();
    },
  },
  {
    id: "listen.stops",
    title: "after stopping, a handler is not called any more; stopping twice does no harm; others go on",
    needs: "listen",
    async run(bench) {
      const calls = { stopped: 0, kept: 0 };
      const stop = await listen(bench.driver, "wake", () => {
        calls.stopped += 1;
      });
      const stopKept = await listen(bench.driver, "wake", () => {
        calls.kept += 1;
      });
      await stop();
      await stop();
      await notify(bench, "wake");
      await fence(bench);
      assert.deepEqual(calls, { stopped: 0, kept: 1 });
      await stopKept();
    },
  },
  {
    id: "listen.survives-its-handler",
    title: "a handler that throws harms neither the process nor the other handlers",
    needs: "listen",
    async run(bench) {
      let calls = 0;
      const stops = [
        await listen(bench.driver, "wake", () => {
          throw new Error("thrown on purpose by a handler of the conformance kit");
        }),
        await listen(bench.driver, "wake", () => {
          calls += 1;
        }),
      ];
      await notify(bench, "wake");
      await fence(bench);
      assert.equal(calls, 1);
      for (const stop of stops) await stop();
    },
  },
];
