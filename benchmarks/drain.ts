/** Draining: all that is pending of one post, claimed, sent to a far side that costs nothing, and settled with every feature on. */
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import type { SqlDriver } from "@campaignkit/core";
import { PgBoss } from "pg-boss";
import { type BenchRow, paired, type Sample, timed } from "./measure.ts";
import { rawDrainPostgres, rawDrainSqlite } from "./raw-drain.ts";
import { type BenchServer, onFreshDatabase, onFreshFile } from "./server.ts";
import { benchWorld, nullChannel } from "./world.ts";

const BATCH = 500;

async function drainOurs(
  storage: SqlDriver,
  serverPid: number | null,
  n: number,
  idempotency: "native" | "none",
): Promise<Sample> {
  const world = await benchWorld(storage, { mail: nullChannel(idempotency) });
  const ids = await world.fanOut(await world.audience(n), "mail", { text: "Hello" });
  const sample = await timed(serverPid, () => world.drain(ids));
  await world.kit.stop();
  return sample;
}

async function drainPgBoss(url: string, serverPid: number, n: number): Promise<Sample> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue("mail");
  for (let done = 0; done < n; done += 1_000) {
    await boss.insert(
      "mail",
      Array.from({ length: Math.min(1_000, n - done) }, (_, index) => ({ data: { n: done + index } })),
    );
  }
  const sample = await timed(serverPid, async () => {
    for (let drained = 0; ; ) {
      const jobs = await boss.fetch("mail", { batchSize: BATCH });
      if (jobs.length === 0) return drained;
      await boss.complete(
        "mail",
        jobs.map(({ id }) => id),
      );
      drained += jobs.length;
    }
  });
  await boss.stop({ graceful: false });
  return sample;
}

/** `drain/postgres`, `drain/postgres-hold`, `drain/postgres-raw`: each round on a database of its own. */
export async function drainPostgres(
  server: BenchServer,
  name: string,
  rounds: number,
  n: number,
): Promise<BenchRow> {
  const onFresh = (run: (url: string) => Promise<Sample>): Promise<Sample> => onFreshDatabase(server, run);
  const idempotency = name === "drain/postgres-hold" ? "none" : "native";
  return paired(name, "deliveries/s", rounds, {
    ours: () => onFresh((url) => drainOurs(postgres({ connectionString: url }), server.pid, n, idempotency)),
    peers:
      name === "drain/postgres-raw"
        ? { "hand-written SQL": () => onFresh((url) => rawDrainPostgres(url, server.pid, n)) }
        : { "pg-boss": () => onFresh((url) => drainPgBoss(url, server.pid, n)) },
  });
}

/** `drain/sqlite`, beside hand-written prepared statements. */
export async function drainSqlite(name: string, rounds: number, n: number): Promise<BenchRow> {
  return paired(name, "deliveries/s", rounds, {
    ours: () => onFreshFile((file) => drainOurs(sqlite(file), null, n, "native")),
    peers: { "prepared statements": () => onFreshFile((file) => rawDrainSqlite(file, n)) },
  });
}
