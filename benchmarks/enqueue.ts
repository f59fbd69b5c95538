/** Enqueueing: from a segment's members to deliveries that can be claimed, with consent, suppression and uniqueness looked at. */
import { postgres } from "@campaignkit/adapter-postgres";
import { PgBoss } from "pg-boss";
import { type BenchRow, paired, type Sample, timed } from "./measure.ts";
import { type BenchServer, onFreshDatabase } from "./server.ts";
import { benchWorld, nullChannel } from "./world.ts";

async function fanOutOurs(url: string, serverPid: number, n: number): Promise<Sample> {
  const world = await benchWorld(postgres({ connectionString: url }), { mail: nullChannel("native") });
  const segment = await world.audience(n);
  const sample = await timed(serverPid, async () => {
    await world.fanOut(segment, "mail", { text: "Hello" });
    return n;
  });
  await world.kit.stop();
  return sample;
}

async function insertPgBoss(url: string, serverPid: number, n: number): Promise<Sample> {
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue("mail");
  const sample = await timed(serverPid, async () => {
    for (let done = 0; done < n; done += 1_000) {
      await boss.insert(
        "mail",
        Array.from({ length: Math.min(1_000, n - done) }, (_, index) => ({ data: { n: done + index } })),
      );
    }
    return n;
  });
  await boss.stop({ graceful: false });
  return sample;
}

/** `enqueue/postgres`. */
export async function enqueuePostgres(
  server: BenchServer,
  name: string,
  rounds: number,
  n: number,
): Promise<BenchRow> {
  const onFresh = (run: (url: string) => Promise<Sample>): Promise<Sample> => onFreshDatabase(server, run);
  return paired(name, "recipients/s", rounds, {
    ours: () => onFresh((url) => fanOutOurs(url, server.pid, n)),
    peers: { "pg-boss insert": () => onFresh((url) => insertPgBoss(url, server.pid, n)) },
  });
}
