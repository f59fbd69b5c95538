import type { Campaign, CampaignQuery, CampaignSort, Page } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import fc from "fast-check";
import { expect, it } from "vitest";
import { indexWords, queryWords, searchForm } from "../terms.ts";

interface Lister {
  list(query: CampaignQuery): Promise<Page<Campaign>>;
}

async function namesOf(campaigns: Lister, query: CampaignQuery): Promise<readonly string[]> {
  return (await campaigns.list(query)).items.map(({ name }) => name);
}

async function allPages(campaigns: Lister, query: CampaignQuery): Promise<readonly Campaign[]> {
  const found: Campaign[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await campaigns.list({ ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit ?? 50);
    found.push(...page.items);
    if (page.nextCursor === null) return found;
    cursor = page.nextCursor;
  }
}

describeEachDatabase("listing campaigns", (database, family) => {
  it("CAM-2: filters by everything that a campaign has", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const folder = await campaigns.folders.create({ name: "Folder" });
    const inner = await campaigns.folders.create({ name: "Inner", parentId: folder.id });
    await draft({ name: "Alpha", type: "email", objectives: ["sales"], tags: ["x", "y"], owner: "ann" });
    await draft({ name: "Beta", channels: ["paper"], folderId: inner.id, description: "The Übersicht" });
    const gamma = await draft({ name: "Gamma", startsAt: hours(1), endsAt: hours(2), folderId: folder.id });
    const delta = await draft({ name: "Delta", startsAt: hours(5), tags: ["x"] });
    await campaigns.launch(gamma.id);
    await campaigns.schedule(delta.id);
    const sort = { by: "name" } as const;
    const names = (query: CampaignQuery) => namesOf(campaigns, { sort, ...query });
    expect(await names({})).toEqual(["Alpha", "Beta", "Delta", "Gamma"]);
    expect(await names({ state: "active" })).toEqual(["Gamma"]);
    expect(await names({ state: ["active", "scheduled"] })).toEqual(["Delta", "Gamma"]);
    expect(await names({ state: [] })).toEqual([]);
    expect(await names({ type: "email" })).toEqual(["Alpha"]);
    expect(await names({ objective: ["sales", "reach"] })).toEqual(["Alpha"]);
    expect(await names({ channel: "paper" })).toEqual(["Beta"]);
    expect(await names({ tag: "x" })).toEqual(["Alpha", "Delta"]);
    expect(await names({ tag: ["x", "y"] })).toEqual(["Alpha", "Delta"]);
    expect(await names({ tag: "X" })).toEqual([]);
    expect(await names({ folderId: folder.id })).toEqual(["Beta", "Gamma"]);
    expect(await names({ folderId: inner.id })).toEqual(["Beta"]);
    expect(await names({ folderId: null })).toEqual(["Alpha", "Delta"]);
    expect(await names({ overlaps: { from: hours(2) } })).toEqual(["Alpha", "Beta", "Delta"]);
    expect(await names({ overlaps: { to: hours(5) } })).toEqual(["Alpha", "Beta", "Gamma"]);
    expect(await names({ overlaps: { from: hours(1.5), to: hours(1.6) } })).toEqual([
      "Alpha",
      "Beta",
      "Gamma",
    ]);
    expect(await names({ owner: "ann" })).toEqual(["Alpha"]);
    expect(await names({ owner: null })).toEqual(["Beta", "Delta", "Gamma"]);
    expect(await names({ search: "ubers the" })).toEqual(["Beta"]);
    expect(await names({ search: "ALPHA y" })).toEqual(["Alpha"]);
    expect(await names({ search: "lpha" })).toEqual([]);
    expect(await names({ search: "" })).toHaveLength(4);
    expect(await names({ search: "%_!" })).toEqual([]);
    expect(await names({ tag: "x", state: "scheduled", overlaps: { from: hours(4) } })).toEqual(["Delta"]);
    time.jumpTo(hours(24));
    await time.settle(kit);
    expect(await names({ needsDecision: true })).toEqual(["Delta"]);
    expect(await names({ needsDecision: false, state: "draft" })).toEqual(["Alpha", "Beta"]);
    await kit.stop();
  });

  it("CAM-2: follows an update in what a campaign is found by", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft({ name: "Spring", tags: ["old"], channels: ["wall"] });
    await campaigns.update(id, { version: 1, name: "Autumn", tags: ["new"], channels: ["paper"] });
    expect(await namesOf(campaigns, { search: "spring" })).toEqual([]);
    expect(await namesOf(campaigns, { tag: "old" })).toEqual([]);
    expect(await namesOf(campaigns, { channel: "wall" })).toEqual([]);
    expect(await namesOf(campaigns, { search: "autumn", tag: "new", channel: "paper" })).toEqual(["Autumn"]);
    await kit.stop();
  });

  it("CAM-2: pages through in any order, each campaign once, while others come and go", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    const names = ["b", "Ä", "a", "C", "c", "ç", "Z", "10", "9", "z"];
    for (const [index, name] of names.entries()) {
      await draft({ name, startsAt: hours(index % 3), endsAt: index % 2 ? hours(12 - index) : null });
      if (index % 2) await time.advance("1s", kit);
    }
    const orders: CampaignSort[] = ["createdAt", "updatedAt", "startsAt", "endsAt", "name"];
    for (const by of orders)
      for (const direction of ["asc", "desc"] as const) {
        const whole = await allPages(campaigns, { sort: { by, direction }, limit: 500 });
        const paged = await allPages(campaigns, { sort: { by, direction }, limit: 3 });
        expect(paged).toEqual(whole);
        expect(new Set(whole.map(({ id }) => id)).size).toBe(10);
        const key = (campaign: Campaign): string | number =>
          by === "name" ? searchForm(campaign.name) : (campaign[by]?.getTime() ?? Number.MAX_SAFE_INTEGER);
        for (const [index, campaign] of whole.entries()) {
          const next = whole[index + 1];
          if (next === undefined) break;
          const [one, two] = direction === "asc" ? [campaign, next] : [next, campaign];
          expect(key(one) < key(two) || (key(one) === key(two) && one.id < two.id)).toBe(true);
        }
      }
    expect(await namesOf(campaigns, { sort: { by: "name" } })).toEqual(
      names.toSorted((a, b) => compareNames(a, b, names)),
    );
    const first = await campaigns.list({ sort: { by: "createdAt", direction: "asc" }, limit: 4 });
    const gone = first.items[3];
    await campaigns.softDelete(gone?.id ?? "");
    await draft({ name: "late" });
    const second = await campaigns.list({
      sort: { by: "createdAt", direction: "asc" },
      limit: 4,
      cursor: first.nextCursor,
    });
    expect(second.items.map(({ name }) => name)).toEqual(names.slice(4, 8));
    await kit.stop();
  });

  it("CAM-5: pages through open and archived ones as one list", async () => {
    const { kit, time, campaigns, draft } = await openCampaigns(database);
    for (let n = 0; n < 9; n++) {
      const { id } = await draft({ name: `n${n}` });
      await time.advance("1s", kit);
      if (n % 2) await campaigns.archive(id);
    }
    const found = await allPages(campaigns, { archived: "any", limit: 2 });
    expect(found.map(({ name }) => name)).toEqual(["n8", "n7", "n6", "n5", "n4", "n3", "n2", "n1", "n0"]);
    await kit.stop();
  });

  it("CAM-2: refuses a query that makes no sense, and a cursor of another order", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    for (let n = 0; n < 3; n++) await draft();
    const { nextCursor } = await campaigns.list({ limit: 1 });
    for (const query of [
      { state: "asleep" },
      { colour: "blue" },
      { limit: 0 },
      { limit: 501 },
      { cursor: "nonsense" },
      { cursor: Buffer.from('{"by":"createdAt","direction":"desc","key":1,"id":"x"}').toString("base64url") },
      { cursor: nextCursor, sort: { by: "name" } },
      { search: "a\u0000" },
      { overlaps: { from: "yesterday" } },
      { tag: Array.from({ length: 21 }, (_, n) => `${n}`) },
    ])
      await expect(campaigns.list(query as CampaignQuery)).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
      });
    await expect(campaigns.list({ folderId: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
  });

  it("CAM-5: lists the tags in use", async () => {
    const { kit, campaigns, draft, other } = await openCampaigns(database);
    await draft({ tags: ["b", "a", "ab"] });
    await draft({ tags: ["a", "c", "🌷"] });
    expect((await campaigns.tags()).items).toEqual(["a", "ab", "b", "c", "🌷"]);
    expect((await campaigns.tags({ prefix: "a" })).items).toEqual(["a", "ab"]);
    const first = await campaigns.tags({ limit: 2 });
    expect(first).toMatchObject({ items: ["a", "ab"] });
    expect(await campaigns.tags({ limit: 3, cursor: first.nextCursor })).toEqual({
      items: ["b", "c", "🌷"],
      nextCursor: null,
    });
    expect((await other.campaigns.tags()).items).toEqual([]);
    await expect(campaigns.tags({ cursor: Buffer.from("7").toString("base64url") })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });

  it("CAM-2: finds exactly what a look at every campaign finds", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const WORDS = ["spring", "sprint", "autumn", "sale", "春の新作"];
    const TAGS = ["a", "b", "c"];
    const pick = <Item>(from: readonly Item[], n: number): Item => from[n % from.length] as Item;
    const made: Campaign[] = [];
    for (let n = 0; n < 40; n++) {
      const campaign = await draft({
        name: `${pick(WORDS, n)} ${pick(WORDS, n * 7 + 3)}`,
        type: pick(["email", "social"], n),
        tags: TAGS.filter((_, index) => (n >> index) % 2 === 1),
        objectives: [pick(["sales", "reach"], n >> 2)],
        startsAt: hours(n % 11),
        endsAt: n % 3 ? hours((n % 11) + 1 + (n % 5)) : null,
        owner: pick(["ann", "ben", null], n),
      });
      if (n % 4 === 0) await campaigns.cancel(campaign.id);
      made.push(await campaigns.get(campaign.id));
    }
    const one = <Item>(items: readonly Item[]) => fc.option(fc.constantFrom(...items), { nil: undefined });
    const query = fc.record({
      state: one(["draft", "cancelled"] as const),
      type: one(["email", "social"]),
      tag: fc.option(fc.subarray(TAGS, { minLength: 1 }), { nil: undefined }),
      objective: one(["sales", "reach"]),
      owner: one(["ann", "ben", null]),
      search: one(["spr", "sale", "spring aut", "新作", "springs"]),
      from: one([0, 5, 12]),
      to: one([1, 6, 10]),
      by: fc.constantFrom<CampaignSort>("createdAt", "startsAt", "endsAt", "name"),
      limit: fc.constantFrom(3, 50),
    });
    await fc.assert(
      fc.asyncProperty(query, async ({ from, to, by, limit, ...filters }) => {
        const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
        const overlaps = {
          ...(from === undefined ? {} : { from: hours(from) }),
          ...(to === undefined ? {} : { to: hours(to) }),
        };
        const found = await allPages(campaigns, { ...given, overlaps, limit, sort: { by } });
        const expected = made.filter((campaign) => {
          const words = indexWords([campaign.name, ...campaign.tags].join(" "));
          return (
            (filters.state ?? campaign.state) === campaign.state &&
            (filters.type ?? campaign.type) === campaign.type &&
            (filters.tag ?? [null]).some((tag) => tag === null || campaign.tags.includes(tag)) &&
            (filters.objective === undefined || campaign.objectives.includes(filters.objective)) &&
            (filters.owner === undefined || campaign.owner === filters.owner) &&
            queryWords(filters.search ?? "").every((part) => words.some((word) => word.startsWith(part))) &&
            (from === undefined || campaign.endsAt === null || campaign.endsAt > hours(from)) &&
            (to === undefined || campaign.startsAt < hours(to))
          );
        });
        expect(found.map(({ id }) => id).toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
      }),
      { numRuns: family === "sqlite" ? 150 : 60 },
    );
    await kit.stop();
  });
});

/** By what names have in common to a reader, then by the order of their making. */
function compareNames(a: string, b: string, made: readonly string[]): number {
  const [one, two] = [searchForm(a), searchForm(b)];
  return one === two ? made.indexOf(a) - made.indexOf(b) : one < two ? -1 : 1;
}
