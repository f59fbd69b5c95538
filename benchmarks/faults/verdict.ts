/** What a fault run must never show. */
import type { FaultRow } from "./kill-run.ts";

/** The promises that the row breaks, as sentences. */
export function failuresOf(row: FaultRow): readonly string[] {
  const where = `${row.fault} on ${row.storage} under ${row.policy}`;
  const never: readonly (keyof FaultRow)[] = ["lost", "stuck", "overspent", "doubledOutsideWindow"];
  const broken = (row.policy === "retry" ? never : [...never, "doubled" as const])
    .filter((field) => row[field] !== 0)
    .map((field) => `${where}: ${field} is ${row[field]}, and must be 0.`);
  // Whoever is killed in the middle of a call leaves something to be asked about.
  const unasked = row.policy === "lookup" && row.kills > 0 && row.found === 0;
  return unasked ? [...broken, `${where}: nothing was found by asking, so the run proves nothing.`] : broken;
}
