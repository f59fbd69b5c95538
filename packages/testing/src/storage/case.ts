/** One thing that must hold, with an id that never changes, for any test runner. */
import type { SqlFamily } from "@campaignkit/core";
import type { Bench } from "./bench.ts";

/** A case of a conformance kit, ready to run. */
export interface ConformanceCase {
  /** Stable across releases: cite it in reports and skip lists. */
  readonly id: string;
  /** What must hold, as a sentence. */
  readonly title: string;
  /** Why it can't be run on this subject. Show it: a case that is not run proves nothing. */
  readonly skipped?: string;
  /** Resolves when it holds; rejects, saying what was expected and what came, when it does not. */
  run(): Promise<void>;
}

/** The part of a test runner's `it` or `test` that registering needs: vitest, jest and node:test have it. */
export interface TestFunction {
  (title: string, run: () => Promise<void>): unknown;
  readonly skip: (title: string, run: () => Promise<void>) => unknown;
}

/**
 * Registers the cases with a test runner, one test each; those that can't be run appear as skipped, with the reason.
 *
 * @example
 * ```ts
 * import { registerCases, type StorageSubject, storageConformance } from "@campaignkit/testing";
 * import { describe, it } from "vitest";
 *
 * declare const subject: StorageSubject;
 *
 * describe(subject.name, () => registerCases(it, storageConformance(subject)));
 * ```
 */
export function registerCases(test: TestFunction, cases: readonly ConformanceCase[]): void {
  for (const { id, title, skipped, run } of cases) {
    if (skipped === undefined) test(`${id}: ${title}`, run);
    else test.skip(`${id}: ${title} [not run: ${skipped}]`, run);
  }
}

/** A case as it is written: what it needs of the subject, and what it does on a fresh database. */
export interface StorageCase {
  readonly id: string;
  readonly title: string;
  /** Only where the family has it. */
  readonly family?: SqlFamily;
  /** Two connections, a host's transaction, or notifications. */
  readonly needs?: "two-connections" | "adopt" | "listen";
  run(bench: Bench): Promise<void>;
}
