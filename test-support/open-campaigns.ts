/** What the tests of campaigns stand on: an engine on a fresh database, two public channels, and drafts that are ready to launch. */
import {
  type Campaign,
  type CampaignInput,
  createCampaignKit,
  defineChannel,
  definePlugin,
  type EngineEvent,
  type Scope,
} from "@campaignkit/core";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import { z } from "zod";
import type { TestDatabase } from "./each-database.ts";

const parts = {
  reach: "public",
  content: z.object({ text: z.string() }),
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
} as const;

const doings = {
  prepare: ({ text }: { text: string }) => ({
    links: [],
    warnings: [],
    render: () => ({ outcome: "rendered", message: text }) as const,
  }),
  send: async () => ({ externalId: null }),
};

/** The channels of the host. */
export const channels = {
  wall: defineChannel({
    ...parts,
    ...doings,
    id: "wall",
    config: z.object({ board: z.string().min(1).default("main"), color: z.enum(["red", "blue"]).optional() }),
  }),
  paper: defineChannel({ ...parts, ...doings, id: "paper", config: z.object({}) }),
};

/** The instant that virtual time starts at. */
export const START = new Date("2027-03-01T08:00:00Z");

/** An instant that many hours after the start of virtual time. */
export function hours(n: number): Date {
  return new Date(START.getTime() + n * 3_600_000);
}

const door = definePlugin({ id: "door", workspace: (scope: Scope) => scope });

/** An engine with a workspace. Stop it at the end. */
export async function openCampaigns(
  database: TestDatabase | (() => Promise<TestDatabase>),
  options: { readonly time?: VirtualTime; readonly seed?: number } = {},
) {
  const time = options.time ?? virtualTime({ startAt: START, seed: options.seed ?? 1 });
  const opened = typeof database === "function" ? await database() : database;
  const storage = opened.connect();
  const kit = createCampaignKit({ storage, channels, plugins: { door }, runtime: time.runtime });
  const shop = kit.workspace("shop");
  const events: EngineEvent[] = [];
  kit.onAny((event) => void events.push(event));
  return {
    time,
    kit,
    opened,
    storage,
    shop,
    other: kit.workspace("other"),
    scope: shop.plugins.door,
    campaigns: shop.campaigns,
    policies: shop.policies,
    /** What happened so far, as its types. */
    types: () => events.map(({ type }) => type),
    events,
    /** A campaign that can be launched. It starts in an hour, unless told otherwise. */
    draft: (input: Partial<CampaignInput<typeof channels>> = {}): Promise<Campaign> =>
      shop.campaigns.create({
        name: "Spring refresh",
        timeZone: "Europe/Berlin",
        startsAt: hours(1),
        channels: ["wall"],
        ...input,
      }),
  };
}
