import { createCampaignKit, defineChannel, money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { z } from "zod";

const wall = defineChannel({
  id: "wall",
  reach: "public",
  content: z.object({ text: z.string() }),
  config: z.object({ board: z.string().min(1).default("main"), color: z.enum(["red", "blue"]).optional() }),
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
  prepare: ({ text }) => ({ links: [], warnings: [], render: () => ({ outcome: "rendered", message: text }) }),
  send: async () => ({ externalId: null }),
});

describeEachDatabase("campaigns", (database) => {
  it("CAM-3: launches, pauses, resumes and cancels", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: { wall },
      runtime: time.runtime,
    });
    const { campaigns } = kit.workspace("shop");
    const draft = await campaigns.create({
      name: "Spring",
      timeZone: "Europe/Berlin",
      startsAt: new Date("2027-03-01T08:00:00Z"),
      channels: ["wall"],
      budget: { total: money("EUR", 10) },
    });
    expect(draft).toMatchObject({ state: "draft", currency: "EUR", version: 1 });
    expect(await campaigns.launch(draft.id)).toMatchObject({ state: "active", version: 2 });
    expect(await campaigns.pause(draft.id, { reason: "look" })).toMatchObject({
      state: "paused",
      stateReason: "look",
    });
    await expect(campaigns.launch(draft.id)).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
      details: { allowed: ["resume", "complete", "cancel"] },
    });
    expect(await campaigns.resume(draft.id)).toMatchObject({ state: "active", stateReason: null });
    expect(await campaigns.cancel(draft.id)).toMatchObject({ state: "cancelled" });
    await kit.stop();
  });
});
