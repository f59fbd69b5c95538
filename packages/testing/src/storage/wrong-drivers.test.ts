import { postgresServer, sqliteFile } from "@campaignkit/test-support/storage-subjects";
import { describe, expect, it } from "vitest";
import { storageConformance } from "./conformance.ts";
import type { StorageSubject } from "./subject.ts";
import type { WrongDriver } from "./wrong/wrong-driver.ts";
import { WRONG_DRIVERS } from "./wrong-drivers.ts";

function wrong(subject: StorageSubject, { wrap }: WrongDriver): StorageSubject {
  return {
    ...subject,
    async open() {
      const storage = await subject.open();
      return {
        ...storage,
        driver: wrap(storage.driver),
        another: async () => wrap(await storage.another()),
      };
    },
  };
}

describe.each([sqliteFile, postgresServer])("the storage conformance kit on $name", (subject) => {
  const known = new Set(storageConformance(subject).flatMap(({ id, skipped }) => (skipped ? [] : [id])));

  for (const driver of WRONG_DRIVERS) {
    const caughtBy = driver.caughtBy.filter((id) => known.has(id));
    if (caughtBy.length === 0) continue;
    it(`rejects a driver that ${driver.name}`, async () => {
      const cases = storageConformance(wrong(subject, driver));
      for (const id of caughtBy) {
        const outcome = cases.find((each) => each.id === id)?.run();
        await expect(outcome, `${id} must reject it`).rejects.toThrow();
      }
    });
  }
});

describe("the wrong drivers", () => {
  it("name cases that exist", () => {
    const ids = [sqliteFile, postgresServer].flatMap((subject) =>
      storageConformance(subject).map(({ id }) => id),
    );
    for (const { name, caughtBy } of WRONG_DRIVERS) {
      for (const id of caughtBy) expect(ids, `of "${name}"`).toContain(id);
    }
  });
});
