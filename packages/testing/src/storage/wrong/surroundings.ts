/** Wrong towards the host: its transactions, its handlers, the end. */
import { changed, later, type WrongDriver } from "./wrong-driver.ts";

export const WRONG_TO_THE_HOST: readonly WrongDriver[] = [
  {
    name: "runs adopted statements in transactions of its own",
    caughtBy: ["adopt.rolls-back-with-the-host"],
    wrap: (driver) =>
      changed(driver, {
        adopt: (handle) => driver.adopt?.(handle) && { execute: (statement) => driver.execute(statement) },
      }),
  },
  {
    name: "commits the host's transaction after each adopted statement",
    caughtBy: ["adopt.rolls-back-with-the-host"],
    wrap: (driver) =>
      changed(driver, {
        adopt(handle) {
          const executor = driver.adopt?.(handle);
          return (
            executor && {
              async execute(statement) {
                const result = await executor.execute(statement);
                const host = handle as { exec?(sql: string): void; query?(sql: string): Promise<unknown> };
                for (const sql of ["COMMIT", "BEGIN"]) await (host.exec ? host.exec(sql) : host.query?.(sql));
                return result;
              },
            }
          );
        },
      }),
  },
  {
    name: "adopts whatever it is given",
    caughtBy: ["adopt.refuses-strangers"],
    wrap: (driver) => changed(driver, { adopt: (handle) => driver.adopt?.(handle) ?? driver }),
  },
  {
    name: "goes on after closing",
    caughtBy: ["close.then-unavailable"],
    wrap(driver) {
      // The connection must go in the end, or the database can't be removed.
      return changed(driver, { close: async () => void later(200).then(() => driver.close()) });
    },
  },
  {
    name: "closes under a running transaction",
    caughtBy: ["close.waits-for-running"],
    wrap: (driver) => changed(driver, { close: async () => void driver.close() }),
  },
  {
    name: "hears notifications of any topic",
    caughtBy: ["listen.delivers"],
    wrap: (driver) =>
      changed(driver, {
        listen: async (topic, handler) => {
          const stops = [await driver.listen?.(topic, handler), await driver.listen?.("Jobs.ready", handler)];
          return async () => {
            for (const stop of stops) await stop?.();
          };
        },
      }),
  },
  {
    name: "goes on calling a handler that was stopped",
    caughtBy: ["listen.stops"],
    wrap: (driver) =>
      changed(driver, {
        listen: async (topic, handler) => {
          await driver.listen?.(topic, handler);
          return async () => undefined;
        },
      }),
  },
  {
    name: "can be closed once",
    caughtBy: ["close.idempotent"],
    wrap(driver) {
      let closed = false;
      return changed(driver, {
        async close() {
          if (closed) throw new Error("closed already");
          closed = true;
          await driver.close();
        },
      });
    },
  },
];
