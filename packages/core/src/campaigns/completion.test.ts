import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns, START } from "@campaignkit/test-support/open-campaigns";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { attemptCompletion, completeCampaign } from "./completion.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { deleteCampaign } from "./shelves.ts";

/** Delivery as campaigns see it, with so many deliveries under way. */
function delivery(open: { count: number }): CampaignDependencies & { readonly closed: string[] } {
  const closed: string[] = [];
  return {
    closed,
    openDeliveries: async () => open.count,
    closePending: async (_unit, _campaignId, reason) => void closed.push(reason),
    isBudgetExhausted: async () => false,
  };
}

describeEachDatabase("ending campaigns", (database) => {
  it("CAM-3: does not complete before what is under way has ended", async () => {
    const { kit, time, campaigns, draft, scope, events } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(0), endsAt: hours(1) });
    await campaigns.launch(id);
    time.jumpTo(hours(1));
    const open = { count: 7 };
    const dependencies = delivery(open);
    const attempt = () =>
      scope.write("campaigns:launch", (unit) => attemptCompletion(unit, dependencies, id));
    expect(await attempt()).toEqual({ until: hours(1).getTime() + 5_000, version: 3 });
    expect(await campaigns.get(id)).toMatchObject({ state: "active", completingSince: hours(1) });
    time.jumpTo(hours(2));
    expect(await attempt()).toEqual({ until: hours(2).getTime() + 5_000, version: 3 });
    open.count = 0;
    expect(await attempt()).toEqual({ until: null, version: 4 });
    expect(await campaigns.get(id)).toMatchObject({
      state: "completed",
      stateReason: "end-reached",
      completingSince: null,
      completedAt: hours(2),
    });
    expect(dependencies.closed).toEqual(["campaign-ended", "campaign-ended", "campaign-ended"]);
    expect(events.filter(({ type }) => type === "campaign.completing")).toMatchObject([
      { openDeliveries: 7 },
    ]);
    await kit.stop();
  });

  it("CAM-3: completes by hand, with the reason kept while it waits, and lets nothing change the end then", async () => {
    const { kit, time, campaigns, draft, scope } = await openCampaigns(database);
    const { id } = await draft({ endsAt: hours(50) });
    await campaigns.launch(id);
    const dependencies = delivery({ count: 1 });
    await scope.write("campaigns:launch", (unit) =>
      completeCampaign(unit, dependencies, { id, reason: "sold out" }),
    );
    const waiting = await campaigns.get(id);
    expect(waiting).toMatchObject({ state: "active", stateReason: "sold out", completingSince: hours(0) });
    await expect(campaigns.update(id, { version: waiting.version, endsAt: hours(60) })).rejects.toMatchObject(
      { code: "VALIDATION_FAILED", details: { issues: [{ path: ["endsAt"] }] } },
    );
    // The job that looks again is the engine's own, and delivery has nothing under way there.
    await time.advance("5s", kit);
    expect(await campaigns.get(id)).toMatchObject({ state: "completed", stateReason: "sold out" });
    await kit.stop();
  });

  it("CAM-3: completes at once when nothing is under way, also from a pause", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id);
    await campaigns.pause(id);
    expect(await campaigns.complete(id, { reason: "enough" })).toMatchObject({
      state: "completed",
      stateReason: "enough",
      pausedAt: null,
      completedAt: hours(0),
    });
    await kit.stop();
  });

  it("CAM-3: a paused campaign completes at its end too", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(0), endsAt: hours(1) });
    await campaigns.launch(id);
    await campaigns.pause(id);
    await time.advance("1h", kit);
    expect((await campaigns.get(id)).state).toBe("completed");
    await kit.stop();
  });

  it("CAM-3: closes what is pending on a cancellation, and leaves no job behind", async () => {
    const { kit, time, campaigns, draft, types } = await openCampaigns(database);
    const { id } = await draft({ endsAt: hours(3) });
    await campaigns.schedule(id);
    await campaigns.cancel(id);
    const live = await draft({ endsAt: hours(3) });
    await campaigns.launch(live.id);
    await campaigns.cancel(live.id);
    expect((await kit.tick()).nextDueAt).toBeNull();
    await time.advance("10h", kit);
    expect(types()).not.toContain("campaign.completed");
    await kit.stop();
  });

  it("CAM-3: waits for a message that a worker is just sending, and completes when it is out", async () => {
    const time = virtualTime({ startAt: START });
    const opened = await database();
    const wall = scriptedChannel({ reach: "public", script: ["hold"] });
    const engine = () =>
      createCampaignKit({ storage: opened.connect(), channels: { wall }, runtime: time.runtime });
    const [sender, other] = [engine(), engine()];
    const { campaigns, posts } = sender.workspace("shop");
    const { id } = await campaigns.create({
      name: "Short",
      timeZone: "UTC",
      startsAt: START,
      endsAt: new Date(START.getTime() + 10_000),
      channels: ["wall"],
    });
    const slow = await posts.create(id, { channel: "wall", content: { text: "Slow" } });
    await posts.create(id, { channel: "wall", content: { text: "Late" }, scheduledAt: hours(1) });
    await campaigns.launch(id);
    const sending = time.settle(sender);
    while (wall.held === 0) await new Promise((resolve) => setImmediate(resolve));
    time.jumpTo(new Date(START.getTime() + 10_000));
    await time.settle(other);
    const waiting = await campaigns.get(id);
    expect(waiting).toMatchObject({ state: "active", stateReason: "end-reached" });
    expect(waiting.completingSince).not.toBeNull();
    wall.release();
    await sending;
    await time.advance("10s", sender, other);
    expect((await campaigns.get(id)).state).toBe("completed");
    expect(await posts.progress(slow.id)).toMatchObject({ audience: 1, sent: 1, pending: 0 });
    expect(wall.accepted).toHaveLength(1);
    await sender.stop();
    await other.stop();
  });

  it("CAM-2: does not delete a campaign with deliveries under way", async () => {
    const { kit, campaigns, draft, scope } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id);
    await campaigns.cancel(id);
    await expect(
      scope.write("campaigns:write", (unit) => deleteCampaign(unit, delivery({ count: 2 }), id)),
    ).rejects.toMatchObject({ code: "CONFLICT", details: { reason: "has 2 deliveries under way" } });
    await campaigns.softDelete(id);
    await kit.stop();
  });
});
