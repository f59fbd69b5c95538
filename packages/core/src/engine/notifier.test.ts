import type { SqlDriver } from "@campaignkit/core";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { DbFactory } from "../storage/db.ts";
import { Notifier } from "./notifier.ts";

/** A PostgreSQL that only counts what it is told, and answers when the test lets it. */
function counting() {
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const driver: SqlDriver = {
    family: "postgres",
    execute: () =>
      new Promise((resolve, reject) => {
        answers.push({ resolve: () => resolve({ rows: [], affectedRows: 0 }), reject });
      }),
    transaction: () => Promise.reject(new Error("not needed")),
    listen: async () => async () => undefined,
    close: async () => undefined,
  };
  return { driver, answers };
}

const turns = async (): Promise<void> => {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
};

it("gathers what is told at the same time, and tells again for a commit that comes while it tells", async () => {
  const time = virtualTime();
  const { driver, answers } = counting();
  const notifier = new Notifier(driver, new DbFactory("postgres").over(driver), time.runtime);
  notifier.notify();
  notifier.notify();
  notifier.notify();
  await turns();
  expect(answers).toHaveLength(1);
  // The first is on its way to the server, which may pass it on before this commit can be seen.
  notifier.notify();
  await turns();
  expect(answers).toHaveLength(2);
  let settled = false;
  const settling = notifier.settled().then(() => {
    settled = true;
  });
  answers[0]?.resolve();
  await turns();
  expect(settled).toBe(false);
  answers[1]?.reject(new Error("away"));
  await settling;
  expect(time.log).toMatchObject([{ level: "warn", fields: { error: "Error: away" } }]);
});

it("says nothing where the database can't pass it on", async () => {
  const { driver, answers } = counting();
  const time = virtualTime();
  for (const mute of [
    { ...driver, family: "sqlite" as const },
    { ...driver, listen: undefined },
  ]) {
    const { listen, ...rest } = mute;
    const quiet: SqlDriver = listen === undefined ? rest : { ...rest, listen };
    const notifier = new Notifier(quiet, new DbFactory(quiet.family).over(quiet), time.runtime);
    notifier.notify();
    await notifier.settled();
  }
  await turns();
  expect(answers).toEqual([]);
});
