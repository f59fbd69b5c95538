/** The order of the test files: those that take longest first, so that none of them is left to one core at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Parts of paths, the longest first; the rest follows as vitest thinks best (what failed or took long the last time, then by size). */
const LONG = [
  "core/src/delivery/model/",
  "benchmarks/faults/",
  "core/src/campaigns/model",
  "examples/quickstart/demo",
  "core/src/kernel/jobs/jobs.model",
  "core/src/budgets/model",
  "core/src/delivery/query-cost",
  "adapter-postgres/src/conformance",
];

function rank({ moduleId }: TestSpecification): number {
  const place = LONG.findIndex((part) => moduleId.includes(part));
  return place === -1 ? LONG.length : place;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
}
