import {
  type Campaign,
  type CampaignInput,
  createCampaignKit,
  defineChannel,
  type SqlDriver,
} from "@campaignkit/core";
import { assertType, describe, expectTypeOf, it } from "vitest";
import { z } from "zod";

declare const storage: SqlDriver;

const parts = {
  reach: "public",
  content: z.object({ text: z.string() }),
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
} as const;

const newsletter = defineChannel({
  ...parts,
  id: "newsletter",
  config: z.object({ from: z.string().optional(), track: z.boolean().default(true) }),
  prepare: () => ({ links: [], warnings: [], render: () => ({ outcome: "rendered", message: "" }) }),
  send: async () => ({ externalId: null }),
});
const wall = defineChannel({
  ...parts,
  id: "wall",
  config: z.object({ color: z.enum(["red", "blue"]) }),
  prepare: () => ({ links: [], warnings: [], render: () => ({ outcome: "rendered", message: "" }) }),
  send: async () => ({ externalId: null }),
});

const kit = createCampaignKit({ storage, channels: { newsletter, billboard: wall } });
const { campaigns } = kit.workspace("shop");
const needed = { name: "n", timeZone: "UTC", startsAt: new Date(0) };

describe("the types of campaigns", () => {
  it("CAM-1: channels are those of the host, with settings of their own", () => {
    expectTypeOf(campaigns.create).returns.resolves.toEqualTypeOf<Campaign>();
    void campaigns.create({ ...needed, channels: ["newsletter", "billboard"] });
    void campaigns.create({
      ...needed,
      channels: [
        { channel: "newsletter", config: { from: "a@b.example", track: false } },
        { channel: "billboard", config: { color: "red" } },
      ],
    });
    void campaigns.create({ ...needed, channels: [{ channel: "newsletter" }] });
    // @ts-expect-error no channel of the host has this name
    void campaigns.create({ ...needed, channels: ["wall"] });
    // @ts-expect-error nor this one
    void campaigns.create({ ...needed, channels: [{ channel: "sms", config: {} }] });
    // @ts-expect-error the setting is another channel's
    void campaigns.create({ ...needed, channels: [{ channel: "newsletter", config: { color: "red" } }] });
    // @ts-expect-error the setting has another type
    void campaigns.create({ ...needed, channels: [{ channel: "newsletter", config: { track: "yes" } }] });
    void campaigns.update("id", {
      version: 1,
      // @ts-expect-error the value is none of the schema's
      channels: [{ channel: "billboard", config: { color: "green" } }],
    });
    // @ts-expect-error nor in a duplicate
    void campaigns.duplicate("id", { channels: ["wall"] });
  });

  it("CAM-1: name, zone and start are needed, and fields are named as they are", () => {
    // @ts-expect-error a campaign needs a start
    void campaigns.create({ name: "n", timeZone: "UTC" });
    // @ts-expect-error there is no such field
    void campaigns.create({ ...needed, colour: "blue" });
    // @ts-expect-error money is not a number
    void campaigns.create({ ...needed, budget: { total: 500 } });
    // @ts-expect-error an update names the version that it was made on
    void campaigns.update("id", { name: "n" });
    // @ts-expect-error there is no such state
    void campaigns.list({ state: "asleep" });
    void campaigns.list({ state: ["active", "paused"], type: "our-own", objective: "delight" });
  });

  it("CAM-1: an input for certain channels is one for any", () => {
    const input: CampaignInput<{ newsletter: typeof newsletter }> = { ...needed, channels: ["newsletter"] };
    assertType<CampaignInput>(input);
  });

  it("CAM-1: a host without channels can name none", () => {
    const bare = createCampaignKit({ storage, channels: {} });
    void bare.workspace("shop").campaigns.create({ ...needed, channels: [] });
    // @ts-expect-error there is no channel
    void bare.workspace("shop").campaigns.create({ ...needed, channels: ["newsletter"] });
  });
});
