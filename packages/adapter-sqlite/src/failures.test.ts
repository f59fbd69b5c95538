import { describe, expect, it } from "vitest";
import { classify, classifyCommit, isBusy, PRIMARY_RESULTS } from "./failures.ts";

const byNumber = (errcode: number) =>
  Object.assign(new Error("said by SQLite"), { code: "ERR_SQLITE_ERROR", errcode });
const byName = (code: string) => Object.assign(new Error("said by SQLite"), { code });

describe("classifying failures", () => {
  it.each(PRIMARY_RESULTS)("$name is $kind from both libraries, extended codes included", (result) => {
    for (const error of [
      byNumber(result.number),
      byNumber(result.number | (77 << 8)),
      byName(result.name),
      byName(`${result.name}_EXTENDED`),
    ]) {
      expect(classify(error, "a statement").details.kind).toBe(result.kind);
    }
  });

  it.each([
    [1555, "SQLITE_CONSTRAINT_PRIMARYKEY"],
    [2067, "SQLITE_CONSTRAINT_UNIQUE"],
    [2579, "SQLITE_CONSTRAINT_ROWID"],
  ])("%i and %s are unique", (number, name) => {
    expect(classify(byNumber(number), "a statement").details.kind).toBe("unique");
    expect(classify(byName(name), "a statement").details.kind).toBe("unique");
  });

  it("leaves other errors of statements invalid", () => {
    for (const error of [byNumber(1), byName("SQLITE_ERROR"), new RangeError("Too few parameters"), "text"]) {
      expect(classify(error, "a statement").details.kind).toBe("invalid");
    }
  });

  it("says outcome-unknown for an I/O error while committing, and only then", () => {
    expect(classifyCommit(byNumber(1034), "COMMIT").details.kind).toBe("outcome-unknown");
    expect(classify(byNumber(1034), "a statement").details.kind).toBe("unavailable");
    expect(classifyCommit(byNumber(13), "COMMIT").details.kind).toBe("full");
  });

  it("waits for a busy lock, but not for a snapshot that has become too old", () => {
    expect([5, 261, 15].map((code) => isBusy(byNumber(code)))).toEqual([true, true, true]);
    expect([517, 6, 1].map((code) => isBusy(byNumber(code)))).toEqual([false, false, false]);
    expect(isBusy(byName("SQLITE_BUSY_SNAPSHOT"))).toBe(false);
  });
});
