import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

describeEachDatabase("updating campaigns", (database) => {
  it("CAM-2: sets what is given, leaves the rest, and records what changed", async () => {
    const { kit, time, campaigns, draft, events } = await openCampaigns(database);
    const before = await draft({ tags: ["a"], budget: { total: money("EUR", 5) }, description: "Words." });
    await time.advance("1m", kit);
    const after = await campaigns.update(before.id, {
      version: 1,
      tags: ["b"],
      endsAt: hours(9),
      budget: { daily: money("EUR", 1) },
      targets: { reach: 10 },
    });
    expect(after).toEqual({
      ...before,
      tags: ["b"],
      endsAt: hours(9),
      budget: { total: money("EUR", 5), daily: money("EUR", 1) },
      targets: { reach: 10, engagementRate: null, conversions: null },
      version: 2,
      updatedAt: time.now(),
    });
    const recorded = events.find(({ type }) => type === "campaign.updated");
    expect(recorded).toMatchObject({ changed: ["endsAt", "budget", "targets", "tags"] });
    const { items } = await kit.workspace("shop").activity.list({ types: ["campaign.updated"] });
    expect(items[0]).toMatchObject({
      before: { tags: ["a"], endsAt: null },
      after: { tags: ["b"], endsAt: hours(9).toISOString() },
    });
    await kit.stop();
  });

  it("CAM-2: refuses a stale update, saying so", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.update(id, { version: 1, name: "First" });
    await expect(campaigns.update(id, { version: 1, name: "Second" })).rejects.toMatchObject({
      code: "STALE_VERSION",
      details: { entity: "campaign", id, expected: 1, actual: 2 },
    });
    expect((await campaigns.get(id)).name).toBe("First");
    await expect(campaigns.update(id, { name: "No version" } as never)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });

  it("CAM-2: of racing updates on one version exactly one wins", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => campaigns.update(id, { version: 1, name: `Racer ${n}` })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "STALE_VERSION" });
    expect((await campaigns.get(id)).version).toBe(2);
    await kit.stop();
  });

  it("CAM-2: counts no version for a change that changes nothing", async () => {
    const { kit, campaigns, draft, types } = await openCampaigns(database);
    const before = await draft({ contentMix: { video: 40, photo: 60 } });
    const { name, channels, contentMix, budget, milestones, startsAt } = before;
    const after = await campaigns.update(before.id, {
      version: 1,
      name,
      channels: channels as never,
      contentMix,
      budget,
      milestones,
      startsAt,
    } as never);
    expect(after).toEqual(before);
    expect(types()).not.toContain("campaign.updated");
    await kit.stop();
  });

  it("CAM-2: while live keeps start, zone, currency and channels, and changes the rest", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ endsAt: hours(10) });
    await campaigns.launch(id);
    await expect(
      campaigns.update(id, {
        version: 2,
        startsAt: hours(2),
        timeZone: "Asia/Tokyo",
        currency: "JPY",
        channels: ["paper"],
        endsAt: hours(-1),
      }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        issues: [
          { path: ["endsAt"] },
          { path: ["timeZone"] },
          { path: ["startsAt"] },
          { path: ["currency"] },
          { path: ["endsAt"] },
          { path: ["channels"] },
        ],
      },
    });
    const live = await campaigns.update(id, {
      version: 2,
      name: "Better name",
      channels: ["wall", "paper"],
      endsAt: hours(20),
      budget: { total: money("USD", 50) },
    });
    expect(live).toMatchObject({ state: "active", name: "Better name", endsAt: hours(20), version: 3 });
    await kit.stop();
  });

  it("CAM-2: once closed lets only its filing change", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.cancel(id);
    await expect(campaigns.update(id, { version: 2, themes: ["late"], name: "Later" })).rejects.toMatchObject(
      {
        code: "VALIDATION_FAILED",
        details: { issues: [{ path: ["themes"] }] },
      },
    );
    expect(await campaigns.update(id, { version: 2, tags: ["filed"], name: "Later" })).toMatchObject({
      state: "cancelled",
      tags: ["filed"],
    });
    await kit.stop();
  });

  it("CAM-2: does not let a scheduled start be moved into the past", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.schedule(id);
    await expect(campaigns.update(id, { version: 2, startsAt: hours(0) })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["startsAt"] }] },
    });
    await kit.stop();
  });

  it("CAM-1: marks milestones and KPIs without touching the version, and an update keeps their progress", async () => {
    const { kit, time, campaigns, draft, types } = await openCampaigns(database);
    const created = await draft({
      kpis: [
        { name: "sign-ups", target: 100, unit: "people" },
        { name: "revenue", target: 9, unit: "EUR" },
      ],
      milestones: [
        { name: "creatives", dueAt: hours(1) },
        { name: "half-time", dueAt: hours(2) },
      ],
    });
    const { id } = created;
    const [creatives] = created.milestones;
    await time.advance("30m", kit);
    await campaigns.updateKpis(id, { "sign-ups": 40 });
    const marked = await campaigns.markMilestone(id, creatives?.id ?? "");
    expect(marked).toMatchObject({
      version: 1,
      kpis: [{ current: 40 }, { current: null }],
      milestones: [{ reachedAt: hours(0.5) }, { reachedAt: null }],
    });
    const updated = await campaigns.update(id, {
      version: 1,
      kpis: [
        { name: "sign-ups", target: 200, unit: "people" },
        { name: "new", target: 1, unit: "" },
      ],
      milestones: [
        { name: "creatives approved", dueAt: hours(1.5), ...(creatives ? { id: creatives.id } : {}) },
        { name: "fresh", dueAt: hours(3) },
      ],
    });
    expect(updated.kpis).toEqual([
      { name: "sign-ups", target: 200, current: 40, unit: "people" },
      { name: "new", target: 1, current: null, unit: "" },
    ]);
    expect(updated.milestones).toMatchObject([
      { id: creatives?.id, name: "creatives approved", reachedAt: hours(0.5) },
      { name: "fresh", reachedAt: null },
    ]);
    await campaigns.markMilestone(id, creatives?.id ?? "", { reachedAt: null });
    expect((await campaigns.get(id)).milestones[0]?.reachedAt).toBeNull();
    await expect(campaigns.updateKpis(id, { profit: 1 })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["profit"] }] },
    });
    await expect(campaigns.markMilestone(id, "nothing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(
      campaigns.update(id, {
        version: 2,
        milestones: [{ id: "00000000-0000-7000-8000-000000000000", name: "x", dueAt: hours(1) }],
      }),
    ).rejects.toMatchObject({ details: { issues: [{ path: ["milestones", 0, "id"] }] } });
    expect(types().filter((type) => type.startsWith("campaign."))).toEqual([
      "campaign.created",
      "campaign.kpis-updated",
      "campaign.milestone-marked",
      "campaign.updated",
      "campaign.milestone-marked",
    ]);
    await kit.stop();
  });

  it("CAM-1: loses no KPI to an update that runs at the same time", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({
      kpis: Array.from({ length: 8 }, (_, n) => ({ name: `k${n}`, target: 1, unit: "" })),
    });
    await Promise.all([
      ...Array.from({ length: 8 }, (_, n) => campaigns.updateKpis(id, { [`k${n}`]: n })),
      campaigns.update(id, { version: 1, name: "Meanwhile" }),
    ]);
    const after = await campaigns.get(id);
    expect(after.kpis.map(({ current }) => current)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(after.name).toBe("Meanwhile");
    await kit.stop();
  });
});
