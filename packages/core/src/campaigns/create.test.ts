import { CampaignKitError, money, type ValidationIssue } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

const full = {
  name: "  Spring refresh ",
  description: "Colours for the season.\nTwo lines.",
  type: "email",
  objectives: ["awareness", "sales", "awareness"],
  timeZone: "Europe/Berlin",
  startsAt: hours(1),
  endsAt: hours(48),
  themes: ["spring colours", "fresh decor"],
  brandVoice: { tone: "warm", bannedWords: ["cheap"] },
  postsPerDay: 1.5,
  contentMix: { photo: 33.3, video: 33.3, carousel: 33.4 },
  channels: ["paper", { channel: "wall", config: { board: "door", color: "red" } }],
  segmentIds: [],
  budget: { total: money("EUR", 500), daily: money("EUR", "49.99") },
  targets: { reach: 10_000, engagementRate: 0.05, conversions: 120 },
  kpis: [
    { name: "sign-ups", target: 100, unit: "people" },
    { name: "revenue", target: 5_000, unit: "EUR", current: 12.5 },
  ],
  automation: { generateContent: true, adjustBudget: true },
  milestones: [{ name: "creatives ready", dueAt: hours(-24) }],
  tags: ["spring", "2027", "spring"],
  owner: "user-7",
  misfire: { policy: "send", graceMs: 60_000 },
} as const;

async function issuesOf(work: Promise<unknown>): Promise<readonly ValidationIssue[]> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!CampaignKitError.is(error, "VALIDATION_FAILED")) throw error ?? new Error("It was accepted.");
  return error.details.issues;
}

async function pathsOf(work: Promise<unknown>): Promise<readonly string[]> {
  return (await issuesOf(work)).map(({ path }) => path.join("."));
}

describeEachDatabase("creating campaigns", (database) => {
  it("CAM-1: keeps every field", async () => {
    const { kit, campaigns } = await openCampaigns(database);
    const created = await campaigns.create({ ...full, currency: "EUR" });
    expect(created).toEqual({
      id: expect.any(String),
      name: "Spring refresh",
      description: "Colours for the season.\nTwo lines.",
      type: "email",
      objectives: ["awareness", "sales"],
      state: "draft",
      stateReason: null,
      needsDecision: null,
      timeZone: "Europe/Berlin",
      startsAt: hours(1),
      endsAt: hours(48),
      themes: ["spring colours", "fresh decor"],
      brandVoice: { tone: "warm", guidelines: null, vocabulary: [], bannedWords: ["cheap"] },
      postsPerDay: 1.5,
      contentMix: { photo: 33.3, video: 33.3, carousel: 33.4 },
      channels: [
        { channel: "paper", config: {} },
        { channel: "wall", config: { board: "door", color: "red" } },
      ],
      segmentIds: [],
      budget: { total: money("EUR", 500), daily: money("EUR", "49.99") },
      currency: "EUR",
      targets: { reach: 10_000, engagementRate: 0.05, conversions: 120 },
      kpis: [
        { name: "sign-ups", target: 100, current: null, unit: "people" },
        { name: "revenue", target: 5_000, current: 12.5, unit: "EUR" },
      ],
      automation: { generateContent: true, optimizeTiming: false, adjustBudget: true },
      milestones: [{ id: expect.any(String), name: "creatives ready", dueAt: hours(-24), reachedAt: null }],
      folderId: null,
      tags: ["spring", "2027"],
      owner: "user-7",
      misfire: { policy: "send", graceMs: 60_000 },
      sourceId: null,
      createdAt: hours(0),
      updatedAt: hours(0),
      scheduledAt: null,
      launchedAt: null,
      pausedAt: null,
      completingSince: null,
      completedAt: null,
      cancelledAt: null,
      archivedAt: null,
      deletedAt: null,
      version: 1,
    });
    expect(await campaigns.get(created.id)).toEqual(created);
    await kit.stop();
  });

  it("CAM-1: needs only a name, a zone and a start, and takes the rest from the workspace", async () => {
    const { kit, policies } = await openCampaigns(database);
    await policies.set({ version: 0, defaultCurrency: "CHF" });
    const ann = kit.workspace("shop", { actor: "ann" });
    const created = await ann.campaigns.create({ name: "Plain", timeZone: "UTC", startsAt: hours(1) });
    expect(created).toMatchObject({
      type: "multichannel",
      currency: "CHF",
      owner: "ann",
      endsAt: null,
      budget: { total: null, daily: null },
      contentMix: {},
      channels: [],
    });
    await kit.stop();
  });

  it("CAM-1: answers with all problems at once, each with its path", async () => {
    const { kit, campaigns } = await openCampaigns(database);
    const wrong = {
      name: "   ",
      description: 7,
      objectives: ["x".repeat(101)],
      timeZone: "Europe/Atlantis",
      startsAt: "tomorrow",
      endsAt: new Date(Number.NaN),
      postsPerDay: 0,
      contentMix: { photo: 50, video: 49 },
      channels: ["wall", "smoke-signals", { channel: "paper", config: "loud" }, "wall"],
      segmentIds: ["everybody"],
      budget: { total: money("EUR", 1), daily: { currency: "eur", amountMicros: 1.5 } },
      targets: { engagementRate: 2 },
      kpis: [
        { name: "a", target: 1, unit: "" },
        { name: "a", target: 1, unit: "" },
      ],
      automation: { everything: true },
      milestones: [{ name: "", dueAt: hours(1) }],
      folderId: "elsewhere",
      misfire: { policy: "pray", graceMs: -1 },
      colour: "blue",
    };
    const paths = await pathsOf(campaigns.create(wrong as never));
    expect(paths.toSorted()).toEqual(
      [
        "name",
        "description",
        "objectives.0",
        "timeZone",
        "startsAt",
        "endsAt",
        "postsPerDay",
        "contentMix",
        "channels.1",
        "channels.2.config",
        "channels.3",
        "segmentIds.0",
        "budget.daily.currency",
        "budget.daily.amountMicros",
        "targets.engagementRate",
        "kpis.1.name",
        "automation",
        "milestones.0.name",
        "folderId",
        "misfire.policy",
        "misfire.graceMs",
        "colour",
      ].toSorted(),
    );
    expect(await pathsOf(campaigns.create({} as never))).toEqual(["name", "timeZone", "startsAt"]);
    expect((await campaigns.list()).items).toEqual([]);
    await kit.stop();
  });

  it("CAM-1: finds what good fields say against each other", async () => {
    const { kit, draft } = await openCampaigns(database);
    expect(await pathsOf(draft({ endsAt: hours(1) }))).toEqual(["endsAt"]);
    expect(await pathsOf(draft({ budget: { total: money("EUR", 1), daily: money("EUR", 2) } }))).toEqual([
      "budget.daily",
    ]);
    expect(await pathsOf(draft({ budget: { total: money("EUR", 2), daily: money("USD", 1) } }))).toEqual([
      "budget.daily",
    ]);
    expect(await pathsOf(draft({ budget: { total: money("EUR", 2) }, currency: "USD" }))).toEqual([
      "budget.total",
    ]);
    expect(await pathsOf(draft({ folderId: "00000000-0000-7000-8000-000000000000" }))).toEqual(["folderId"]);
    await kit.stop();
  });

  it("CAM-1: knows the segments it is for, and misses one that is deleted", async () => {
    const { kit, shop, other, campaigns, draft } = await openCampaigns(database);
    const segment = await shop.segments.create({ name: "Everybody", kind: "static" });
    const foreign = await other.segments.create({ name: "Theirs", kind: "static" });
    const { id } = await draft({ segmentIds: [segment.id] });
    expect(await pathsOf(draft({ segmentIds: [segment.id, foreign.id] }))).toEqual(["segmentIds.1"]);
    expect(await pathsOf(campaigns.update(id, { version: 1, segmentIds: [foreign.id, segment.id] }))).toEqual(
      ["segmentIds.0"],
    );
    await shop.segments.delete(segment.id);
    expect(await campaigns.readiness(id)).toMatchObject({
      ready: false,
      items: [{ level: "blocker", path: ["segmentIds", 0] }],
    });
    expect(await pathsOf(campaigns.launch(id))).toEqual(["segmentIds.0"]);
    const copy = await campaigns.duplicate(id);
    expect(copy.segmentIds).toEqual([segment.id]);
    expect(await pathsOf(campaigns.duplicate(id, { segmentIds: [segment.id] }))).toEqual(["segmentIds.0"]);
    await kit.stop();
  });

  it("CAM-1: validates a channel's settings by the channel's own schema, and keeps only what JSON can", async () => {
    const { kit, draft } = await openCampaigns(database);
    const channels = (config: object) => draft({ channels: [{ channel: "wall", config }] as never });
    expect(await pathsOf(channels({ board: "", color: "green" }))).toEqual([
      "channels.0.config.board",
      "channels.0.config.color",
    ]);
    expect(await pathsOf(channels({ board: "a\u0000b" }))).toEqual(["channels.0.config.board"]);
    expect(await pathsOf(channels({ extra: { when: hours(0), n: Number.NaN, f: () => 1 } }))).toEqual([
      "channels.0.config.extra.when",
      "channels.0.config.extra.n",
      "channels.0.config.extra.f",
    ]);
    const looped: Record<string, unknown> = {};
    looped["self"] = looped;
    expect((await pathsOf(channels(looped))).length).toBe(1);
    await kit.stop();
  });

  it("CAM-1: keeps any text that Unicode has, and refuses what a database can't keep", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const name = "Frühling 春の新作 🌷 'quoted' \\ \"double\" ‮ %_;--";
    const created = await draft({ name, tags: ["🌷", "a'b"], contentMix: { "видео 🌷": 100 } });
    expect(await campaigns.get(created.id)).toMatchObject({
      name,
      tags: ["🌷", "a'b"],
      contentMix: { "видео 🌷": 100 },
    });
    for (const bad of ["nul\u0000", "half \ud83c"]) {
      expect(await pathsOf(draft({ name: bad }))).toEqual(["name"]);
      expect(await pathsOf(draft({ tags: [bad] }))).toEqual(["tags.0"]);
      expect((await pathsOf(draft({ contentMix: { [bad]: 100 } }))).length).toBe(1);
    }
    await kit.stop();
  });

  it("CAM-1: does not take an inherited name for a channel", async () => {
    const { kit, draft } = await openCampaigns(database);
    expect(await pathsOf(draft({ channels: ["constructor", "__proto__"] as never }))).toEqual([
      "channels.0",
      "channels.1",
    ]);
    await kit.stop();
  });

  it("CAM-2: shows nothing of another workspace", async () => {
    const { kit, draft, other } = await openCampaigns(database);
    const { id } = await draft();
    for (const work of [
      () => other.campaigns.get(id),
      () => other.campaigns.update(id, { version: 1, name: "mine" }),
      () => other.campaigns.launch(id),
      () => other.campaigns.cancel(id),
      () => other.campaigns.duplicate(id),
      () => other.campaigns.archive(id),
      () => other.campaigns.softDelete(id),
      () => other.campaigns.restore(id),
      () => other.campaigns.readiness(id),
      () => other.campaigns.get("no-id"),
    ])
      await expect(work()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await other.campaigns.list()).items).toEqual([]);
    await kit.stop();
  });
});
