/** What a fault run must never show. */
import type { FaultRow } from "./kill-run.ts";

/** The promises that the row breaks, as sentences. */
export function failuresOf(row: FaultRow): readonly string[] {
  const never: readonly (keyof FaultRow)[] = ["lost", "stuck", "overspent", "doubledOutsideWindow"];
  const broken = row.policy === "retry" ? never : [...never, "doubled" as const];
  return broken
    .filter((field) => row[field] !== 0)
    .map(
      (field) =>
        `${row.fault} on ${row.storage} under ${row.policy}: ${field} is ${row[field]}, and must be 0.`,
    );
}
