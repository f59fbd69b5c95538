/** The engine as this shop uses it: one database, one channel, links that lead to the shop. */
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { email, smtp } from "@campaignkit/channel-email";
import { type CampaignKit, createCampaignKit, type Logger, type Workspace } from "@campaignkit/core";
import { FOOTER } from "./newsletter.ts";
import { SHOP_URL, TRACKING_URL } from "./shop.ts";

/** What a message costs: a tenth of a cent, in micros of the campaign's currency. */
export const MESSAGE_COST_MICROS = 1_000;

/** How many messages are on their way to the mail server at once. */
const CONNECTIONS = 10;

/** The shop's channels, by the shop's own names. */
function channels(smtpPort: number) {
  return {
    newsletter: email({
      transport: smtp({ host: "127.0.0.1", port: smtpPort, pool: { connections: CONNECTIONS } }),
      from: "The Shop <hello@shop.example>",
      unsubscribeFooter: FOOTER,
      costMicros: MESSAGE_COST_MICROS,
      concurrency: CONNECTIONS,
    }),
  };
}

/** The engine's type follows from the channels. */
export type ShopKit = CampaignKit<ReturnType<typeof channels>, Record<never, never>>;
/** The shop's workspace in it. */
export type ShopWorkspace = Workspace<ReturnType<typeof channels>, Record<never, never>>;

/** What the engine is made from. */
export interface EngineOptions {
  /** `null`: the SQLite file. */
  readonly postgres: string | null;
  readonly sqliteFile: string;
  readonly smtpPort: number;
  readonly logger: Logger;
}

/** Makes the engine. A crashed run's work is taken over after a few seconds, where a production host would leave the default of half a minute. */
export function makeEngine({ postgres: url, sqliteFile, smtpPort, logger }: EngineOptions): ShopKit {
  return createCampaignKit({
    storage: url === null ? sqlite(sqliteFile) : postgres({ connectionString: url }),
    channels: channels(smtpPort),
    tracking: { baseUrl: TRACKING_URL, honeypot: SHOP_URL },
    workers: { leaseMs: 5_000 },
    runtime: { logger },
  });
}
