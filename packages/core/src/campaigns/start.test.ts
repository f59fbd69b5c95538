import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { channels, hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { describe, expect, it } from "vitest";
import { decideStart } from "./start.ts";

const HOUR = 3_600_000;

describe("deciding a planned start", () => {
  const campaign = {
    state: "scheduled",
    needsDecision: null,
    startsAt: new Date(10 * HOUR),
    endsAt: new Date(20 * HOUR),
  } as const;
  const rule = (policy: "send" | "skip" | "ask") => ({ policy, graceMs: HOUR });

  it("CAM-3: waits for the start, and launches within the grace", () => {
    for (const policy of ["send", "skip", "ask"] as const) {
      expect(decideStart(campaign, rule(policy), 10 * HOUR - 1)).toEqual({ act: "wait", until: 10 * HOUR });
      expect(decideStart(campaign, rule(policy), 10 * HOUR)).toEqual({ act: "launch", lateMs: null });
      expect(decideStart(campaign, rule(policy), 11 * HOUR)).toEqual({ act: "launch", lateMs: null });
    }
  });

  it("CAM-3: beyond the grace does as the rule says", () => {
    const now = 11 * HOUR + 1;
    expect(decideStart(campaign, rule("send"), now)).toEqual({ act: "launch", lateMs: HOUR + 1 });
    expect(decideStart(campaign, rule("ask"), now)).toEqual({ act: "ask", lateMs: HOUR + 1 });
    expect(decideStart(campaign, rule("skip"), now)).toMatchObject({ act: "cancel", reason: "missed-start" });
  });

  it("CAM-3: launches nothing whose end has passed", () => {
    const now = 20 * HOUR;
    const long = { policy: "send", graceMs: 100 * HOUR } as const;
    expect(decideStart(campaign, long, now)).toMatchObject({ act: "cancel", reason: "ended-before-launch" });
    expect(decideStart(campaign, { ...long, policy: "ask" }, now)).toMatchObject({ act: "ask" });
  });

  it("CAM-3: leaves alone what is not scheduled, and what waits for a person", () => {
    for (const state of ["draft", "active", "paused", "completed", "cancelled"] as const)
      expect(decideStart({ ...campaign, state }, rule("send"), 10 * HOUR)).toEqual({ act: "nothing" });
    expect(decideStart({ ...campaign, needsDecision: "missed-start" }, rule("send"), 10 * HOUR)).toEqual({
      act: "nothing",
    });
  });
});

describeEachDatabase("planned starts", (database) => {
  it("CAM-3: launches at the start, completes at the end, and tells of both", async () => {
    const { kit, time, campaigns, draft, types } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(1), endsAt: hours(3) });
    expect(await campaigns.schedule(id)).toMatchObject({ state: "scheduled", scheduledAt: hours(0) });
    await time.advance("59m", kit);
    expect((await campaigns.get(id)).state).toBe("scheduled");
    await time.advance("1m", kit);
    expect(await campaigns.get(id)).toMatchObject({
      state: "active",
      launchedAt: hours(1),
      stateReason: "start-reached",
    });
    await time.advance("119m", kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await time.advance("1m", kit);
    expect(await campaigns.get(id)).toMatchObject({
      state: "completed",
      completedAt: hours(3),
      stateReason: "end-reached",
    });
    expect(types()).toEqual([
      "campaign.created",
      "campaign.scheduled",
      "campaign.launched",
      "campaign.completed",
    ]);
    await time.settle(kit);
    await kit.stop();
  });

  it("CAM-3: is right across a restart", async () => {
    const { kit, time, campaigns, draft, opened } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(1), endsAt: hours(3) });
    await campaigns.schedule(id);
    await kit.stop();
    time.jumpTo(hours(1));
    const reborn = createCampaignKit({ storage: opened.connect(), channels, runtime: time.runtime });
    await time.settle(reborn);
    expect((await reborn.workspace("shop").campaigns.get(id)).state).toBe("active");
    await reborn.stop();
    time.jumpTo(hours(40));
    const again = createCampaignKit({ storage: opened.connect(), channels, runtime: time.runtime });
    await time.settle(again);
    expect(await again.workspace("shop").campaigns.get(id)).toMatchObject({
      state: "completed",
      completedAt: hours(40),
    });
    await again.stop();
  });

  it("CAM-3: follows the dates when they are changed, earlier and later", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(5), endsAt: hours(9) });
    await campaigns.schedule(id);
    await campaigns.update(id, { version: 2, startsAt: hours(2) });
    await time.advance("2h", kit);
    const live = await campaigns.get(id);
    expect(live.state).toBe("active");
    const longer = await campaigns.update(id, { version: live.version, endsAt: hours(12) });
    await time.advance("8h", kit);
    expect((await campaigns.get(id)).state).toBe("active");
    const shorter = await campaigns.update(id, { version: longer.version, endsAt: hours(11) });
    const open = await campaigns.update(id, { version: shorter.version, endsAt: null });
    await time.advance("10h", kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await campaigns.update(id, { version: open.version, endsAt: hours(21) });
    await time.advance("1h", kit);
    expect((await campaigns.get(id)).state).toBe("completed");
    await kit.stop();
  });

  it("CAM-3: follows the dates when they are changed again and again before they come", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(2) });
    await campaigns.schedule(id);
    for (const [version, at] of [6, 3, 8, 4].entries())
      await campaigns.update(id, { version: version + 2, startsAt: hours(at) });
    await time.advance("239m", kit);
    expect((await campaigns.get(id)).state).toBe("scheduled");
    await time.advance("1m", kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await kit.stop();
  });

  it("CAM-3: is right when the clock is set back and forth", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ startsAt: hours(2), endsAt: hours(4) });
    await campaigns.schedule(id);
    time.jumpTo(hours(-30));
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("scheduled");
    time.jumpTo(hours(2.5));
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("active");
    time.jumpTo(hours(1));
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("active");
    time.jumpTo(hours(4));
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("completed");
    await kit.stop();
  });

  it("CAM-3: after a missed start asks, until a person moves, launches or cancels", async () => {
    const { kit, time, campaigns, draft, events } = await openCampaigns(database);
    const [moved, launched, cancelled] = [await draft(), await draft(), await draft()];
    for (const { id } of [moved, launched, cancelled]) await campaigns.schedule(id);
    time.jumpTo(hours(2.5));
    await time.settle(kit);
    const waiting = await campaigns.get(moved.id);
    expect(waiting).toMatchObject({
      state: "scheduled",
      needsDecision: "missed-start",
      stateReason: "missed-start",
    });
    expect(events.find(({ type }) => type === "campaign.misfired")).toMatchObject({
      policy: "ask",
      lateMs: 1.5 * HOUR,
    });
    expect((await campaigns.list({ needsDecision: true })).items).toHaveLength(3);
    await time.advance("10h", kit);
    expect((await campaigns.get(moved.id)).state).toBe("scheduled");
    const again = await campaigns.update(moved.id, { version: waiting.version, startsAt: hours(20) });
    expect(again).toMatchObject({ state: "scheduled", needsDecision: null, stateReason: null });
    expect(await campaigns.launch(launched.id)).toMatchObject({ state: "active", needsDecision: null });
    expect(await campaigns.cancel(cancelled.id)).toMatchObject({ state: "cancelled", needsDecision: null });
    await time.advance("10h", kit);
    expect(await campaigns.get(moved.id)).toMatchObject({ state: "active", launchedAt: hours(20) });
    await kit.stop();
  });

  it("CAM-3: after a missed start sends or skips, by the campaign's own rule or the workspace's", async () => {
    const { kit, time, campaigns, draft, policies, events } = await openCampaigns(database);
    await policies.set({ version: 0, misfire: { policy: "skip", graceMs: 1_000 } });
    const skipped = await draft();
    const sent = await draft({ misfire: { policy: "send", graceMs: 0 } });
    const graced = await draft({ misfire: { policy: "skip", graceMs: 10 * HOUR } });
    for (const { id } of [skipped, sent, graced]) await campaigns.schedule(id);
    time.jumpTo(hours(3));
    await time.settle(kit);
    expect(await campaigns.get(skipped.id)).toMatchObject({
      state: "cancelled",
      stateReason: "missed-start",
    });
    expect(await campaigns.get(sent.id)).toMatchObject({ state: "active", stateReason: "missed-start" });
    expect(await campaigns.get(graced.id)).toMatchObject({ state: "active", stateReason: "start-reached" });
    expect(
      events.flatMap((event) => (event.type === "campaign.misfired" ? [event.policy] : [])).toSorted(),
    ).toEqual(["send", "skip"]);
    await kit.stop();
  });

  it("CAM-3: tries again while something stands in the way, and says what", async () => {
    const { kit, time, campaigns, draft, policies, events } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 1 });
    const first = await draft();
    const second = await draft();
    await campaigns.launch(first.id);
    await campaigns.schedule(second.id);
    await time.advance("65m", kit);
    expect(await campaigns.get(second.id)).toMatchObject({ state: "scheduled", stateReason: "no-room" });
    const blocked = events.filter(({ type }) => type === "campaign.launch-blocked");
    expect(blocked).toHaveLength(1);
    expect(blocked[0]).toMatchObject({ reason: "no-room", problems: [expect.stringContaining("1 active")] });
    await campaigns.cancel(first.id);
    await time.advance("1m", kit);
    expect(await campaigns.get(second.id)).toMatchObject({ state: "active", stateReason: "start-reached" });
    await kit.stop();
  });

  it("CAM-3: gives a blocked launch up by the misfire rule", async () => {
    const { kit, time, campaigns, draft, policies } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 0 });
    const { id } = await draft();
    await campaigns.schedule(id);
    await time.advance("1h", kit);
    await time.advance("1h", kit);
    expect((await campaigns.get(id)).needsDecision).toBeNull();
    await time.advance("2m", kit);
    expect((await campaigns.get(id)).needsDecision).toBe("missed-start");
    await kit.stop();
  });

  it("CAM-3: launches once, however many workers look", async () => {
    const { kit, time, campaigns, draft, opened, types } = await openCampaigns(database);
    const second = createCampaignKit({ storage: opened.connect(), channels, runtime: time.runtime });
    for (let n = 0; n < 5; n++) await campaigns.schedule((await draft()).id);
    time.jumpTo(hours(1));
    await Promise.all([time.settle(kit), time.settle(second)]);
    expect((await campaigns.list({ state: "active" })).items).toHaveLength(5);
    const { items } = await kit.workspace("shop").activity.list({ types: ["campaign.launched"] });
    expect(items).toHaveLength(5);
    expect(types().filter((type) => type === "campaign.created")).toHaveLength(5);
    await second.stop();
    await kit.stop();
  });
});
