import { DatabaseSync } from "node:sqlite";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { channels, hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { describe, expect, it } from "vitest";

describeEachDatabase("moving campaigns", (database) => {
  it("CAM-3: keeps reasons and times, and leaves an audit row for every move", async () => {
    const { kit, time, campaigns, draft, shop } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id, { reason: "go" });
    await time.advance("1h", kit);
    expect(await campaigns.pause(id, { reason: "  a typo " })).toMatchObject({
      state: "paused",
      stateReason: "a typo",
      launchedAt: hours(0),
      pausedAt: hours(1),
    });
    await time.advance("1h", kit);
    expect(await campaigns.resume(id)).toMatchObject({ state: "active", stateReason: null, pausedAt: null });
    expect(await campaigns.cancel(id, { reason: "the shop burned down" })).toMatchObject({
      state: "cancelled",
      stateReason: "the shop burned down",
      cancelledAt: hours(2),
      launchedAt: hours(0),
    });
    const { items } = await shop.activity.list({ subject: { type: "campaign", id } });
    expect(items.map(({ type, data, before, after }) => ({ type, data, before, after }))).toEqual([
      {
        type: "campaign.cancelled",
        data: { campaignId: id, reason: "the shop burned down" },
        before: { state: "active", stateReason: null },
        after: { state: "cancelled", stateReason: "the shop burned down" },
      },
      {
        type: "campaign.resumed",
        data: { campaignId: id, reason: null },
        before: { state: "paused", stateReason: "a typo" },
        after: { state: "active", stateReason: null },
      },
      expect.objectContaining({ type: "campaign.paused", after: { state: "paused", stateReason: "a typo" } }),
      expect.objectContaining({ type: "campaign.launched", data: { campaignId: id, reason: "go" } }),
      expect.objectContaining({ type: "campaign.created" }),
    ]);
    await kit.stop();
  });

  it("CAM-3: refuses an illegal move, naming the legal ones, and changes nothing", async () => {
    const { kit, campaigns, draft, types } = await openCampaigns(database);
    const { id } = await draft();
    await expect(campaigns.resume(id)).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
      details: { from: "draft", event: "resume", allowed: ["schedule", "launch", "cancel"] },
    });
    await campaigns.cancel(id);
    await expect(campaigns.launch(id)).rejects.toMatchObject({
      code: "ILLEGAL_TRANSITION",
      details: { from: "cancelled", allowed: [] },
    });
    expect(await campaigns.get(id)).toMatchObject({ state: "cancelled", version: 2 });
    expect(types()).toEqual(["campaign.created", "campaign.cancelled"]);
    await kit.stop();
  });

  it("CAM-9: refuses to launch what is not ready, listing every blocker; a warning blocks nothing", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const bare = await draft({ channels: [], startsAt: hours(-3), endsAt: hours(-1) });
    await expect(campaigns.launch(bare.id)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["channels"] }, { path: ["endsAt"] }] },
    });
    expect(await campaigns.readiness(bare.id)).toEqual({
      ready: false,
      items: [
        { level: "blocker", path: ["channels"], message: expect.any(String) },
        { level: "blocker", path: ["endsAt"], message: expect.any(String) },
      ],
    });
    await expect(campaigns.schedule(bare.id)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const good = await draft();
    expect(await campaigns.readiness(good.id)).toEqual({ ready: true, items: [] });
    await campaigns.launch(good.id);
    expect(await campaigns.readiness(good.id)).toMatchObject({
      ready: false,
      items: [{ level: "blocker", path: ["state"] }],
    });
    await kit.stop();
  });

  it("CAM-9: sees that the host no longer has the channel, or its settings no longer fit", async () => {
    const { kit, draft, opened, time } = await openCampaigns(database);
    const { id } = await draft({ channels: ["paper", { channel: "wall", config: { color: "red" } }] });
    const later = createCampaignKit({
      storage: opened.connect(),
      channels: { wall: { ...channels.wall, config: channels.paper.config } },
      runtime: time.runtime,
    });
    const { items } = await later.workspace("shop").campaigns.readiness(id);
    expect(items.map(({ level, path }) => [level, path])).toEqual([["blocker", ["channels", 0]]]);
    await expect(later.workspace("shop").campaigns.launch(id)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
    await later.stop();
  });

  it("CAM-8: keeps to the most active campaigns, also when one is resumed", async () => {
    const { kit, campaigns, policies, draft } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 1 });
    const [first, second] = [await draft(), await draft()];
    await campaigns.launch(first.id);
    await expect(campaigns.launch(second.id)).rejects.toMatchObject({
      code: "POLICY_VIOLATION",
      details: { policy: "maxActiveCampaigns", limit: 1, actual: 1 },
    });
    expect((await campaigns.readiness(second.id)).ready).toBe(false);
    await campaigns.pause(first.id);
    await campaigns.launch(second.id);
    await expect(campaigns.resume(first.id)).rejects.toMatchObject({ code: "POLICY_VIOLATION" });
    await policies.set({ version: 1, maxActiveCampaigns: null });
    await campaigns.resume(first.id);
    await kit.stop();
  });

  it("CAM-8: of racing launches only as many win as the policy allows", async () => {
    const { kit, campaigns, policies, draft, opened, time } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 2 });
    const drafts = [];
    for (let n = 0; n < 8; n++) drafts.push(await draft());
    const second = createCampaignKit({ storage: opened.connect(), channels, runtime: time.runtime });
    const racers = [campaigns, second.workspace("shop").campaigns];
    const results = await Promise.allSettled(
      drafts.map(({ id }, index) => (racers[index % 2] ?? campaigns).launch(id)),
    );
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(
      Array.from({ length: 6 }, () => "POLICY_VIOLATION"),
    );
    expect((await campaigns.list({ state: "active" })).items).toHaveLength(2);
    await kit.stop();
    await second.stop();
  });

  it("CAM-3: of racing moves exactly one wins", async () => {
    const { kit, campaigns, draft, types } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id);
    const results = await Promise.allSettled([
      campaigns.pause(id),
      campaigns.pause(id),
      campaigns.pause(id),
      campaigns.pause(id),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "ILLEGAL_TRANSITION" });
    expect(types().filter((type) => type === "campaign.paused")).toHaveLength(1);
    await kit.stop();
  });

  it("TEAM-1: asks for the permission to launch, and for the one to write", async () => {
    const { kit, draft, shop } = await openCampaigns(database);
    const { id } = await draft();
    await shop.team.setMember("ann", "owner");
    await shop.team.setMember("vic", "viewer");
    const viewer = kit.workspace("shop", { actor: "vic" });
    expect((await viewer.campaigns.get(id)).id).toBe(id);
    for (const work of [
      () => viewer.campaigns.launch(id),
      () => viewer.campaigns.schedule(id),
      () => viewer.campaigns.cancel(id),
      () => viewer.campaigns.complete(id),
      () => viewer.campaigns.update(id, { version: 1 }),
      () => viewer.campaigns.duplicate(id),
      () => viewer.campaigns.archive(id),
      () => viewer.campaigns.softDelete(id),
      () => viewer.campaigns.updateKpis(id, {}),
      () => viewer.campaigns.folders.create({ name: "mine" }),
      () => viewer.policies.set({ version: 0 }),
    ])
      await expect(work()).rejects.toMatchObject({ code: "FORBIDDEN" });
    await kit.stop();
  });
});

describe("moving campaigns inside a transaction of the host", () => {
  it("CAM-3: takes part in the host's transaction, and is undone with it", async () => {
    const handle = new DatabaseSync(":memory:");
    const kit = createCampaignKit({ storage: sqlite(handle), channels });
    const { campaigns } = kit.workspace("shop");
    const { id } = await campaigns.create({
      name: "Joined",
      timeZone: "UTC",
      startsAt: hours(1),
      channels: ["wall"],
    });
    handle.exec("begin immediate");
    const launched = await kit.workspace("shop").within(handle).campaigns.launch(id);
    expect(launched.state).toBe("active");
    handle.exec("rollback");
    expect((await campaigns.get(id)).state).toBe("draft");
    await kit.stop();
  });
});
