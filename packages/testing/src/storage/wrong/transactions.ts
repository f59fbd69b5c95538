/** Wrong about transactions. */
import type { SqlExecutor } from "@campaignkit/core";
import { changed, executing, isKind, later, type WrongDriver } from "./wrong-driver.ts";

export const WRONG_ABOUT_TRANSACTIONS: readonly WrongDriver[] = [
  {
    name: "commits each statement of a transaction by itself",
    caughtBy: ["tx.rollback-leaves-nothing", "tx.uncommitted-is-invisible", "tx.concurrent-all-finish"],
    wrap: (driver) => changed(driver, { transaction: (work) => work(driver) }),
  },
  {
    name: "commits also when the work fails",
    caughtBy: ["tx.rollback-leaves-nothing", "tx.concurrent-all-finish"],
    wrap: (driver) =>
      changed(driver, {
        async transaction(work) {
          const outcome = await driver.transaction((good) =>
            work(good).then(
              (result) => ({ result }),
              (error: unknown) => ({ error }),
            ),
          );
          if ("error" in outcome) throw outcome.error;
          return outcome.result;
        },
      }),
  },
  {
    name: "lets statements outside leak into the open transaction",
    caughtBy: ["tx.outside-statement-stays-outside"],
    wrap(driver) {
      let open: SqlExecutor | undefined;
      return changed(driver, {
        execute: (statement) => (open ?? driver).execute(statement),
        transaction: (work) =>
          driver.transaction(async (good) => {
            open = good;
            try {
              return await work(good);
            } finally {
              open = undefined;
            }
          }),
      });
    },
  },
  {
    name: "runs transactions that overlap as one",
    caughtBy: ["tx.concurrent-all-finish"],
    wrap(driver) {
      let open: Promise<SqlExecutor> | undefined;
      return changed(driver, {
        transaction(work) {
          if (open !== undefined) return open.then(work);
          const opened = Promise.withResolvers<SqlExecutor>();
          open = opened.promise;
          return driver.transaction(async (good) => {
            opened.resolve(good);
            try {
              return await work(good);
            } finally {
              open = undefined;
            }
          });
        },
      });
    },
  },
  {
    name: "runs the statements of an ended transaction outside",
    caughtBy: ["tx.over-is-over"],
    wrap: (driver) =>
      changed(driver, {
        transaction: (work) =>
          driver.transaction((good) =>
            work({
              execute: (statement) =>
                good.execute(statement).catch((error: unknown) => {
                  if (!String(error).includes("is over")) throw error;
                  return driver.execute(statement);
                }),
            }),
          ),
      }),
  },
  {
    name: "resolves though a swallowed failure has rolled everything back",
    caughtBy: ["tx.swallowed-failure-is-no-success"],
    wrap: (driver) =>
      changed(driver, {
        async transaction(work) {
          let failed = false;
          let result: Awaited<ReturnType<typeof work>> | undefined;
          const doomed = new Error("doomed");
          try {
            return await driver.transaction(async (good) => {
              const watched: SqlExecutor = {
                execute: (statement) =>
                  good.execute(statement).catch((error: unknown) => {
                    failed = true;
                    throw error;
                  }),
              };
              result = await work(watched);
              if (failed) throw doomed;
              return result;
            });
          } catch (error) {
            if (error !== doomed) throw error;
            return result as Awaited<ReturnType<typeof work>>;
          }
        },
      }),
  },
  {
    name: "ignores savepoints",
    caughtBy: ["tx.savepoint"],
    wrap: (driver) =>
      executing(driver, async (statement, good) =>
        /savepoint/i.test(statement.sql) ? { rows: [], affectedRows: 0 } : good.execute(statement),
      ),
  },
  {
    name: "wraps the error of the work",
    caughtBy: ["tx.rethrows-the-same-error"],
    wrap: (driver) =>
      changed(driver, {
        transaction: (work) =>
          driver.transaction(work).catch((error: unknown) => {
            throw new Error("the transaction failed", { cause: error });
          }),
      }),
  },
  {
    name: "repeats the work after contention",
    caughtBy: ["tx.work-runs-once"],
    wrap: (driver) =>
      changed(driver, {
        transaction: (work) =>
          driver.transaction(work).catch((error: unknown) => {
            if (!isKind(error, "contention")) throw error;
            return driver.transaction(work);
          }),
      }),
  },
  {
    name: "resolves before the transaction is committed",
    caughtBy: ["commit.transaction-visible-to-another"],
    wrap: (driver) =>
      changed(driver, {
        transaction: (work) =>
          new Promise((resolve, reject) => {
            const running = driver.transaction(async (good) => {
              const result = await work(good);
              resolve(result);
              await later(30);
              return result;
            });
            running.catch(reject);
          }),
      }),
  },
  {
    name: "resolves before the statement has run",
    caughtBy: ["commit.visible-to-another", "failure.unique"],
    wrap: (driver) => {
      const behind: Promise<unknown>[] = [];
      return changed(driver, {
        async execute(statement) {
          if (!/^insert/i.test(statement.sql)) return driver.execute(statement);
          behind.push(later(20).then(() => driver.execute(statement).catch(() => undefined)));
          return { rows: [], affectedRows: 1 };
        },
        async close() {
          await Promise.all(behind);
          await driver.close();
        },
      });
    },
  },
];
