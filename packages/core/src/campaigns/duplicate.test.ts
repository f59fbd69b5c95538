import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

describeEachDatabase("duplicating campaigns", (database) => {
  it("CAM-4: copies the plan and nothing of the run", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const source = await draft({
      endsAt: hours(5),
      tags: ["spring"],
      budget: { total: money("EUR", 5) },
      kpis: [{ name: "a", target: 1, unit: "", current: 0.5 }],
      milestones: [{ name: "m", dueAt: hours(2) }],
      channels: [{ channel: "wall", config: { color: "red" } }],
    });
    await campaigns.launch(source.id, { reason: "go" });
    await campaigns.markMilestone(source.id, source.milestones[0]?.id ?? "");
    await campaigns.complete(source.id);
    await campaigns.archive(source.id);
    const copy = await campaigns.duplicate(source.id);
    expect(copy).toEqual({
      ...source,
      id: copy.id,
      name: "Spring refresh (copy)",
      kpis: [{ name: "a", target: 1, current: null, unit: "" }],
      milestones: [{ id: expect.any(String), name: "m", dueAt: hours(2), reachedAt: null }],
      sourceId: source.id,
    });
    expect(copy.id).not.toBe(source.id);
    expect(copy.milestones[0]?.id).not.toBe(source.milestones[0]?.id);
    expect((await campaigns.list({ tag: "spring" })).items.map(({ id }) => id)).toEqual([copy.id]);
    await kit.stop();
  });

  it("CAM-4: cuts a long name between two characters, never within one", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const source = await draft({ name: `${"x".repeat(192)}😀 end` });
    const { name } = await campaigns.duplicate(source.id);
    expect(name).toBe(`${"x".repeat(192)} (copy)`);
    await kit.stop();
  });

  it("CAM-4: shifts the dates along with a new start, by the clocks on the wall", async () => {
    const { kit, campaigns, draft, events } = await openCampaigns(database);
    // Nine in the morning to six in the evening, over two days of winter time.
    const source = await draft({
      timeZone: "Europe/Berlin",
      startsAt: new Date("2027-03-01T08:00:00Z"),
      endsAt: new Date("2027-03-02T17:00:00Z"),
      milestones: [{ name: "noon", dueAt: new Date("2027-03-02T11:00:00Z") }],
    });
    // Nine in the morning of a day before summer time begins in the night.
    const copy = await campaigns.duplicate(source.id, { startsAt: new Date("2027-03-27T08:00:00Z") });
    expect(copy).toMatchObject({
      startsAt: new Date("2027-03-27T08:00:00Z"),
      endsAt: new Date("2027-03-28T16:00:00Z"),
      milestones: [{ dueAt: new Date("2027-03-28T10:00:00Z") }],
    });
    expect(events.find(({ type }) => type === "campaign.duplicated")).toMatchObject({
      campaignId: copy.id,
      sourceId: source.id,
      shiftMs: 26 * 86_400_000,
    });
    await kit.stop();
  });

  it("CAM-4: copies the posts, each at its time of day", async () => {
    const { kit, campaigns, draft, shop } = await openCampaigns(database);
    const source = await draft({ startsAt: new Date("2027-03-02T08:00:00Z") });
    await shop.posts.create(source.id, {
      channel: "wall",
      content: { text: "Good morning" },
      scheduledAt: new Date("2027-03-03T08:00:00Z"),
    });
    const copy = await campaigns.duplicate(source.id, { startsAt: new Date("2027-04-01T07:00:00Z") });
    const posts = await shop.posts.list(copy.id);
    expect(posts).toMatchObject([{ channel: "wall", scheduledAt: new Date("2027-04-02T07:00:00Z") }]);
    await kit.stop();
  });

  it("CAM-4: takes modifications, checked like a new campaign", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const source = await draft({ endsAt: hours(5), milestones: [{ name: "m", dueAt: hours(2) }] });
    const copy = await campaigns.duplicate(source.id, {
      name: "Autumn",
      endsAt: null,
      channels: ["paper"],
      milestones: [],
      budget: { daily: money("EUR", 3) },
    });
    expect(copy).toMatchObject({
      name: "Autumn",
      endsAt: null,
      channels: [{ channel: "paper" }],
      milestones: [],
      currency: "EUR",
    });
    await expect(
      campaigns.duplicate(source.id, { startsAt: hours(9), endsAt: hours(8), timeZone: "Nowhere" }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["timeZone"] }, { path: ["endsAt"] }] },
    });
    const bad = campaigns.duplicate(source.id, { startsAt: "soon", folderId: "x" } as never);
    await expect(bad).rejects.toMatchObject({
      details: { issues: [{ path: ["startsAt"] }, { path: ["folderId"] }] },
    });
    await kit.stop();
  });

  it("CAM-4: belongs to who duplicated it", async () => {
    const { kit, draft } = await openCampaigns(database);
    const source = await draft({ owner: "ann" });
    const ben = kit.workspace("shop", { actor: "ben" });
    expect((await ben.campaigns.duplicate(source.id)).owner).toBe("ben");
    expect((await kit.workspace("shop").campaigns.duplicate(source.id)).owner).toBe("ann");
    await kit.stop();
  });
});
