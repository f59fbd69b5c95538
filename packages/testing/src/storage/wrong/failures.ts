/** Wrong about failures. */
import { StorageError } from "@campaignkit/core";
import { changed, executing, isKind, type WrongDriver } from "./wrong-driver.ts";

export const WRONG_ABOUT_FAILURES: readonly WrongDriver[] = [
  {
    name: "swallows the errors of statements",
    caughtBy: ["failure.unique", "failure.invalid", "failure.constraint"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(statement).catch(() => ({ rows: [], affectedRows: 0 })),
      ),
  },
  {
    name: "says invalid for a unique violation",
    caughtBy: ["failure.unique", "race.unique-insert"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(statement).catch((error: unknown) => {
          throw isKind(error, "unique") ? new StorageError("invalid", error.message) : error;
        }),
      ),
  },
  {
    name: "throws the database's own errors",
    caughtBy: ["failure.unique", "failure.constraint", "failure.invalid", "adopt.classifies"],
    wrap: (driver) => {
      const bare = (error: unknown) => {
        throw error instanceof StorageError ? new Error(error.message) : error;
      };
      const good = executing(driver, (statement, executor) => executor.execute(statement).catch(bare));
      return changed(good, {
        adopt(handle) {
          const executor = driver.adopt?.(handle);
          return executor && { execute: (statement) => executor.execute(statement).catch(bare) };
        },
      });
    },
  },
  {
    name: "shows the parameters in its errors",
    caughtBy: ["failure.shows-no-values"],
    wrap: (driver) =>
      executing(driver, (statement, good) =>
        good.execute(statement).catch((error: unknown) => {
          if (!(error instanceof StorageError)) throw error;
          throw new StorageError(error.details.kind, `${error.message} with ${String(statement.parameters)}`);
        }),
      ),
  },
  {
    name: "says unavailable for contention",
    caughtBy: ["failure.contention-busy", "failure.contention-deadlock"],
    wrap(driver) {
      const relabel = (error: unknown) => {
        throw isKind(error, "contention") ? new StorageError("unavailable", error.message) : error;
      };
      return changed(driver, {
        execute: (statement) => driver.execute(statement).catch(relabel),
        transaction: (work) => driver.transaction(work).catch(relabel),
      });
    },
  },
  {
    name: "gives up after the first failure",
    caughtBy: ["failure.connection-stays-usable"],
    wrap(driver) {
      let broken = false;
      return executing(driver, (statement, good) => {
        if (broken) throw new StorageError("unavailable", "given up");
        return good.execute(statement).catch((error: unknown) => {
          broken = true;
          throw error;
        });
      });
    },
  },
  {
    name: "runs every statement of a text",
    caughtBy: ["failure.one-statement"],
    wrap: (driver) =>
      executing(driver, async (statement, good) => {
        const [last = "", ...before] = statement.sql.split(";").reverse();
        for (const sql of before.reverse()) await good.execute({ sql, parameters: [] });
        return good.execute({ ...statement, sql: last });
      }),
  },
];
