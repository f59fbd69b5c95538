/**
 * `pnpm bench [NAME…] [--rounds N] [--size N] [--json FILE]`: ours beside what a user would pick instead, in turn on the same server in one run.
 *
 * Prints a row for each name: throughput of ours and of the peers, the median of the pairwise ratios (more is better) and the ratio of CPU time
 * for one item (less is better).
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { drainPostgres, drainSqlite } from "./drain.ts";
import { emailPostgres, emailSqlite } from "./email.ts";
import { enqueuePostgres } from "./enqueue.ts";
import type { BenchRow } from "./measure.ts";
import { type BenchServer, benchServer } from "./server.ts";

interface Bench {
  /** Items in a run, unless `--size` says otherwise. */
  readonly size: number;
  run(server: () => Promise<BenchServer>, name: string, rounds: number, n: number): Promise<BenchRow>;
}

const BENCHES: Readonly<Record<string, Bench>> = {
  "drain/postgres": { size: 20_000, run: async (server, ...rest) => drainPostgres(await server(), ...rest) },
  "drain/postgres-hold": {
    size: 20_000,
    run: async (server, ...rest) => drainPostgres(await server(), ...rest),
  },
  "drain/postgres-raw": {
    size: 20_000,
    run: async (server, ...rest) => drainPostgres(await server(), ...rest),
  },
  "drain/sqlite": { size: 20_000, run: (_server, ...rest) => drainSqlite(...rest) },
  "enqueue/postgres": {
    size: 20_000,
    run: async (server, ...rest) => enqueuePostgres(await server(), ...rest),
  },
  "email/postgres": { size: 5_000, run: async (server, ...rest) => emailPostgres(await server(), ...rest) },
  "email/sqlite": { size: 5_000, run: (_server, ...rest) => emailSqlite(...rest) },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, size: { type: "string" }, json: { type: "string" } },
});
const wanted = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(", ")}. There are: ${Object.keys(BENCHES).join(", ")}.`);
  process.exit(2);
}

let started: Promise<BenchServer> | null = null;
const server = (): Promise<BenchServer> => {
  started ??= benchServer();
  return started;
};
const rows: BenchRow[] = [];
for (const name of wanted) {
  const bench = BENCHES[name];
  if (bench === undefined) continue;
  const row = await bench.run(
    server,
    name,
    Number(values.rounds),
    values.size === undefined ? bench.size : Number(values.size),
  );
  rows.push(row);
  const peers = Object.entries(row.peers).map(([peer, value]) => `${peer} ${Math.round(value)}`);
  console.log(
    `${row.name}: ours ${Math.round(row.ours)} ${row.unit}, ${peers.join(", ")}; ratio ${row.ratio.toFixed(2)}, CPU ratio ${row.cpuRatio.toFixed(2)}, n ${row.n}`,
  );
}
await (started as Promise<BenchServer> | null)?.then((running) => running.stop());
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
