/** A worker process of the fault runs. It works until it is killed, or until the harness is gone. */
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit } from "@campaignkit/core";
import { providerChannel } from "./channel.ts";
import type { WorkerOrder } from "./order.ts";

// A worker that outlives its harness would go on sending under a policy of the past.
process.on("disconnect", () => process.exit(0));

const order = JSON.parse(process.argv[2] ?? "{}") as WorkerOrder;
const storage =
  order.family === "postgres"
    ? postgres({ connectionString: order.location, max: 4 })
    : sqlite(order.location);
const kit = createCampaignKit({
  storage,
  channels: { mail: providerChannel(order.providerUrl, order.idempotency) },
  runtime: {
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: console.error },
  },
  workers: { leaseMs: order.leaseMs, batchSize: 100 },
});
await kit.start();
process.send?.("ready");
