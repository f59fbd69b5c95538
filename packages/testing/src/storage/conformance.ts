/** The storage conformance kit: every promise of the storage port as a case that any driver can be held to. */
import { Bench, inTime } from "./bench.ts";
import type { ConformanceCase, StorageCase } from "./case.ts";
import { BULK_CASES } from "./cases/bulk.ts";
import { CLOSE_CASES } from "./cases/close.ts";
import { CODEC_CASES } from "./cases/codec.ts";
import { FAILURE_CASES } from "./cases/failures.ts";
import { HOST_CASES } from "./cases/host.ts";
import { LISTEN_CASES } from "./cases/listen.ts";
import { PREPARED_CASES } from "./cases/prepared.ts";
import { RACE_CASES } from "./cases/races.ts";
import { ROW_CASES } from "./cases/rows.ts";
import { TRANSACTION_CASES } from "./cases/transactions.ts";
import type { StorageSubject } from "./subject.ts";

const CASES: readonly StorageCase[] = [
  ...CODEC_CASES,
  ...ROW_CASES,
  ...TRANSACTION_CASES,
  ...RACE_CASES,
  ...FAILURE_CASES,
  ...PREPARED_CASES,
  ...BULK_CASES,
  ...HOST_CASES,
  ...LISTEN_CASES,
  ...CLOSE_CASES,
];

/** Why a case says nothing about a subject, if so. */
function obstacle({ needs }: StorageCase, subject: StorageSubject): string | undefined {
  const { connections = 2, adopts = false, listens = subject.family === "postgres" } = subject;
  if (needs === "two-connections" && connections === 1) return "the database has one connection";
  if (needs === "adopt" && !adopts) return "the driver does not adopt host transactions";
  if (needs === "listen" && !listens) return "the driver does not listen";
  return undefined;
}

async function runOn(subject: StorageSubject, { run }: StorageCase): Promise<void> {
  const bench = new Bench(subject.family, await subject.open());
  try {
    await inTime("the case", run(bench));
  } finally {
    await bench.dispose();
  }
}

/**
 * The cases that a storage driver must pass, each on a fresh database of the subject.
 *
 * Independent of any test runner: `registerCases` hands them to one. Cases of another family are left out; those that the subject has no means
 * for are in the list with the reason.
 *
 * @example
 * ```ts
 * import { sqlite } from "@campaignkit/adapter-sqlite";
 * import { registerCases, storageConformance } from "@campaignkit/testing";
 * import { describe, it } from "vitest";
 *
 * describe("sqlite in memory", () => {
 *   const cases = storageConformance({
 *     name: "sqlite in memory",
 *     family: "sqlite",
 *     connections: 1,
 *     open: async () => ({
 *       driver: sqlite(":memory:"),
 *       another: () => Promise.reject(new Error("A database in memory has one connection.")),
 *       dispose: async () => {},
 *     }),
 *   });
 *   registerCases(it, cases);
 * });
 * ```
 */
export function storageConformance(subject: StorageSubject): readonly ConformanceCase[] {
  return CASES.filter(({ family }) => family === undefined || family === subject.family).map((each) => {
    const skipped = obstacle(each, subject);
    return {
      id: each.id,
      title: each.title,
      ...(skipped !== undefined && { skipped }),
      run: () => runOn(subject, each),
    };
  });
}
