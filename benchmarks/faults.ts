/**
 * `pnpm faults [--long] [--kills N] [--json FILE]`: real worker processes, killed while they send; then what the engine says is compared with
 * what the far side took. Exits with 1 when anything was lost, stuck, overspent, or doubled where it must not be.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { seededChance } from "./faults/chance.ts";
import { type FaultRow, type KillRun, killWorkers } from "./faults/kill-run.ts";
import { failuresOf } from "./faults/verdict.ts";
import { benchServer, onFreshDatabase, onFreshFile } from "./server.ts";

const { values } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    kills: { type: "string" },
    json: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const kills = {
  postgres: Number(values.kills ?? (values.long ? 350 : 35)),
  sqlite: Number(values.kills ?? (values.long ? 100 : 35)),
};
const chance = seededChance(Number(values.seed));
const server = await benchServer();
const rows: FaultRow[] = [];

function report(row: FaultRow): void {
  rows.push(row);
  console.log(JSON.stringify(row));
}

function runOf(policy: KillRun["policy"], family: "postgres" | "sqlite"): KillRun {
  const workers = family === "postgres" ? 4 : 2;
  return {
    policy,
    workers,
    kills: kills[family],
    messages: kills[family] * 50 + 100,
    leaseMs: 4_000,
    lifetime: 60,
    chance,
  };
}

for (const policy of ["hold", "retry", "idempotent", "lookup"] as const) {
  await onFreshDatabase(server, async (location) => {
    const connect = () => postgres({ connectionString: location });
    report(await killWorkers({ family: "postgres", location, connect }, runOf(policy, "postgres")));
  });
  await onFreshFile(async (location) => {
    report(
      await killWorkers(
        { family: "sqlite", location, connect: () => sqlite(location) },
        runOf(policy, "sqlite"),
      ),
    );
  });
}
await server.stop();
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
const failures = rows.flatMap(failuresOf);
for (const failure of failures) console.error(failure);
process.exit(failures.length === 0 ? 0 : 1);
