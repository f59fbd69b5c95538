import {
  createCampaignKit,
  definePlugin,
  type MetricsQuery,
  money,
  type Scope,
  type TrackedEvent,
} from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { timeBuckets } from "../math/time-buckets.ts";
import type { NewEvent } from "./event.ts";
import { COUNTS, type Count, PEOPLE } from "./metrics/definitions.ts";
import { recordEvents } from "./record.ts";

const START = Date.parse("2027-03-01T08:00:00Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

async function open(database: TestDatabase) {
  const time = virtualTime();
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
  });
  const shop = kit.workspace("shop");
  const campaign = await shop.campaigns.create({
    name: "Spring refresh",
    timeZone: "Europe/Berlin",
    startsAt: new Date(START),
    currency: "EUR",
  });
  const contact = async (externalId: string): Promise<string> =>
    (await shop.contacts.upsert({ externalId, email: `${externalId}@example.com` })).contact.id;
  return { kit, time, shop, campaign, contact, scope: shop.plugins.probe };
}

const at = (text: string): Date => new Date(`2027-${text}Z`);

describeEachDatabase("tracking events", (database) => {
  it("ANA-1: records single events, names contacts by the host's ids, and says what was there already", async () => {
    const { kit, shop, campaign, contact } = await open(await database());
    const ann = await contact("ann");
    const order: TrackedEvent = {
      id: "order-1001",
      type: "conversion",
      campaignId: campaign.id,
      externalId: "ann",
      value: money("EUR", 49.9),
      properties: { basket: ["lamp", "chair"], first: true },
    };
    expect(await shop.events.track(order)).toEqual({ id: "order-1001", outcome: "recorded" });
    expect(await shop.events.track(order)).toEqual({ id: "order-1001", outcome: "duplicate" });
    expect((await shop.events.track({ type: "signup", contactId: ann })).outcome).toBe("recorded");
    const [row] = (await shop.analytics.metrics({ campaignIds: [campaign.id] })).rows;
    expect(row?.metrics).toMatchObject({ conversions: 1, converters: 1, revenue: money("EUR", 49.9) });
    await kit.stop();
  });

  it("ANA-1: refuses what is wrong with all its reasons, and records the rest of a bulk", async () => {
    const { kit, time, shop, campaign, contact } = await open(await database());
    const ann = await contact("ann");
    const foreign = await kit
      .workspace("other")
      .campaigns.create({ name: "Theirs", timeZone: "UTC", startsAt: new Date(START) });
    const now = time.now().getTime();
    const good: TrackedEvent = { id: "good", type: "open", campaignId: campaign.id, contactId: ann };
    const bad: [unknown, (string | number)[]][] = [
      [{ ...good, id: "b0", type: "Not A Type" }, ["type"]],
      [{ ...good, id: "b1", at: new Date(now + 2 * HOUR_MS) }, ["at"]],
      [{ ...good, id: "b2", at: new Date(Number.NaN) }, ["at"]],
      [{ ...good, id: "b3", campaignId: foreign.id }, ["campaignId"]],
      [{ ...good, id: "b4", campaignId: "'; drop table ck_events; --" }, ["campaignId"]],
      [{ ...good, id: "b5", contactId: null, externalId: "nobody" }, ["externalId"]],
      [{ ...good, id: "x".repeat(201) }, ["id"]],
      [{ ...good, id: "nul\u0000" }, ["id"]],
      [{ ...good, id: "half \ud83d" }, ["id"]],
      [{ ...good, id: "b9", properties: { deep: [{ nul: "\u0000" }] } }, ["properties"]],
      [{ ...good, id: "b10", properties: { long: "x".repeat(5_000) } }, ["properties"]],
      [{ ...good, id: "b11", value: { currency: "EUR", amountMicros: 0.5 } }, ["value"]],
      [{ ...good, id: "b12", value: { currency: "euro", amountMicros: 1 } }, ["value"]],
      [{ ...good, id: "b13", count: -1 }, ["count"]],
      [{ ...good, id: "b14", clickToken: "forged" }, ["clickToken"]],
      [{ ...good, id: "b15", externalId: "ann" }, ["externalId"]],
      [{ ...good, id: "b16", surprise: 1 }, []],
      [null, []],
      ["text", []],
    ];
    const seen: number[] = [];
    const report = await shop.events.trackMany(
      [
        good,
        ...bad.map(([event]) => event as TrackedEvent),
        { ...good, id: "late", at: new Date(START - 9e9) },
        good,
      ],
      { onRefused: ({ index }) => seen.push(index) },
    );
    expect(report).toMatchObject({ recorded: 2, duplicates: 1, refused: bad.length });
    expect(report.refusals.map(({ issues }) => issues[0]?.path)).toEqual(bad.map(([, path]) => path));
    expect(seen).toEqual(bad.map((_, i) => i + 1));
    await expect(shop.events.track(bad[3]?.[0] as TrackedEvent)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["campaignId"] }] },
    });
    expect(await shop.analytics.verifyRollups(campaign.id)).toMatchObject({ exact: true, events: 2 });
    await kit.stop();
  });

  it("ANA-1: takes any number of events from an async iterator", async () => {
    const { kit, shop, campaign } = await open(await database());
    async function* stream(): AsyncGenerator<TrackedEvent> {
      for (let i = 0; i < 2_500; i++) {
        yield {
          id: `e${i % 2_400}`,
          type: "impression",
          campaignId: campaign.id,
          at: new Date(START - i * MINUTE_MS),
        };
      }
    }
    expect(await shop.events.trackMany(stream())).toMatchObject({
      recorded: 2_400,
      duplicates: 100,
      refused: 0,
    });
    expect(await shop.events.trackMany(stream())).toMatchObject({
      recorded: 0,
      duplicates: 2_500,
      refused: 0,
    });
    expect(await shop.analytics.verifyRollups(campaign.id)).toMatchObject({ exact: true, events: 2_400 });
    await kit.stop();
  });
});

/** What the reports should say, counted from the events one by one. */
function countedByHand(
  events: readonly NewEvent[],
  query: MetricsQuery,
  groupOf: (event: NewEvent) => string | null,
) {
  const groups = new Map<string, Record<string, number>>();
  const into = (key: string): Record<string, number> => {
    const known = groups.get(key) ?? {};
    groups.set(key, known);
    return known;
  };
  const fitsAny = (event: NewEvent): boolean =>
    (query.campaignIds?.includes(event.campaignId ?? "") ?? true) &&
    (query.channel === undefined || event.channel === query.channel) &&
    (query.variant === undefined || event.variant === query.variant);
  const fits = (event: NewEvent): boolean => event.machine == null && fitsAny(event);
  const inSpan = (event: NewEvent): boolean =>
    (query.from === undefined || event.at >= query.from.getTime()) &&
    (query.to === undefined || event.at < query.to.getTime());
  for (const event of events.filter(fitsAny).filter(inSpan)) {
    const key = groupOf(event);
    if (key === null) continue;
    for (const [name, { types, machines = false }] of Object.entries<Count>(COUNTS)) {
      if (!types.includes(event.type) || machines !== (event.machine != null)) continue;
      into(key)[name] = (into(key)[name] ?? 0) + (event.count ?? 1);
    }
  }
  return { groups, fits, inSpan, into };
}

describeEachDatabase("metrics", (database, family) => {
  it("ANA-2, ANA-13, I9: say what counting the events one by one says, for any division, span and time zone", async () => {
    const { kit, shop, campaign, scope } = await open(await database());
    const other = await shop.campaigns.create({
      name: "Other",
      timeZone: "Asia/Kathmandu",
      startsAt: new Date(START),
      currency: "EUR",
    });
    const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
    const anEvent = fc.record({
      type: fc.constantFrom("sent", "impression", "open", "click", "conversion", "like", "bounce"),
      at: fc
        .integer({ min: -3 * 24 * 60, max: 3 * 24 * 60 })
        .map((minute) => Date.parse("2027-03-28T01:00Z") + minute * MINUTE_MS + 1),
      campaignId: fc.constantFrom(campaign.id, campaign.id, other.id, null),
      postId: fc.constantFrom(null, uuid(11), uuid(12)),
      contactId: fc.constantFrom(null, uuid(21), uuid(22), uuid(23)),
      channel: fc.constantFrom(null, "mail", "web"),
      variant: fc.constantFrom(null, "a"),
      machine: fc.constantFrom(null, null, null, "prefetch"),
    });
    const events: NewEvent[] = fc
      .sample(anEvent, { numRuns: 700, seed: 42 })
      .map((event, i) => ({ ...event, id: `e${i}` }));
    for (let start = 0; start < events.length; start += 90) {
      await scope.write("events:write", (unit) => recordEvents(unit, events.slice(start, start + 90)));
    }
    const zones = [
      "UTC",
      "Europe/Berlin",
      "Asia/Kathmandu",
      "Australia/Lord_Howe",
      "America/St_Johns",
      "Pacific/Chatham",
    ];
    const aQuery = fc.record({
      dimensions: fc.subarray(["campaign", "channel", "post", "variant"] as const),
      interval: fc.constantFrom(null, "hour", "day", "week", "month" as const),
      weekStart: fc.constantFrom(undefined, "monday", "sunday" as const),
      timeZone: fc.constantFrom(...zones),
      campaignIds: fc.constantFrom(undefined, [campaign.id], [campaign.id, other.id]),
      channel: fc.constantFrom(undefined, undefined, "mail"),
      variant: fc.constantFrom(undefined, undefined, "a"),
      from: fc.constantFrom(undefined, at("03-27T10:07:30"), at("03-28T00:00:00")),
      to: fc.constantFrom(undefined, at("03-28T01:07:00"), at("03-28T11:00:00"), at("03-30T00:00:01")),
    });
    await fc.assert(
      fc.asyncProperty(
        aQuery,
        async ({
          dimensions,
          interval,
          weekStart = "monday",
          timeZone,
          campaignIds,
          channel,
          variant,
          from,
          to,
        }) => {
          const query: MetricsQuery = {
            groupBy: [...dimensions, ...(interval === null ? [] : [interval])],
            timeZone,
            weekStart,
            ...(campaignIds === undefined ? {} : { campaignIds }),
            ...(channel === undefined ? {} : { channel }),
            ...(variant === undefined ? {} : { variant }),
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          };
          const labelAt = (instant: number): string =>
            interval === null
              ? ""
              : ([...timeBuckets({ interval, timeZone, weekStart, from: instant, until: instant + 1 })][0]
                  ?.label ?? "");
          const namesOf = (event: NewEvent): (string | null)[] => [
            dimensions.includes("campaign") ? (event.campaignId ?? null) : null,
            dimensions.includes("channel") ? (event.channel ?? null) : null,
            dimensions.includes("post") ? (event.postId ?? null) : null,
            dimensions.includes("variant") ? (event.variant ?? null) : null,
          ];
          const keyOf = (names: readonly (string | null)[], label: string): string =>
            JSON.stringify([...names, label]);
          const hand = countedByHand(events, query, (event) => keyOf(namesOf(event), labelAt(event.at)));
          // People: whoever's first such act, in the division that is asked for, falls into the span.
          for (const [name, { types }] of Object.entries(PEOPLE)) {
            const firsts = new Map<string, { at: number; names: (string | null)[] }>();
            for (const event of events.filter(hand.fits)) {
              if (!(types as readonly string[]).includes(event.type) || event.contactId == null) continue;
              if (event.campaignId == null && event.postId == null) continue;
              const key = JSON.stringify([...namesOf(event), event.contactId]);
              const known = firsts.get(key);
              if (known === undefined || event.at < known.at)
                firsts.set(key, { at: event.at, names: namesOf(event) });
            }
            for (const first of firsts.values()) {
              if (!hand.inSpan({ id: "", type: "", at: first.at })) continue;
              const group = hand.into(keyOf(first.names, labelAt(first.at)));
              group[name] = (group[name] ?? 0) + 1;
            }
          }
          const report = await shop.analytics.metrics(query);
          const got = new Map(
            report.rows.map(({ campaignId, channel: on, postId, variant: of, span, metrics }) => [
              keyOf([campaignId, on, postId, of], span?.label ?? ""),
              Object.fromEntries(
                [...Object.keys(COUNTS), ...Object.keys(PEOPLE)]
                  .map((name) => [name, metrics[name as keyof typeof COUNTS]] as const)
                  .filter(([, count]) => count !== 0),
              ),
            ]),
          );
          if (query.groupBy?.length === 0 && hand.groups.size === 0)
            hand.into(keyOf([null, null, null, null], ""));
          const sorted = (map: Map<string, object>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
          expect(sorted(got)).toEqual(sorted(hand.groups));
        },
      ),
      { numRuns: family === "sqlite" ? 200 : 100 },
    );
    await kit.stop();
  });

  it("ANA-2: compute ratios from the sums of the group, and money in the campaign's currency", async () => {
    const { kit, shop, campaign, contact } = await open(await database());
    const [ann, bob] = [await contact("ann"), await contact("bob")];
    const track = (type: string, more: Partial<TrackedEvent> = {}) =>
      shop.events.track({ type, campaignId: campaign.id, channel: "mail", contactId: ann, ...more });
    await track("impression", { count: 1_000, contactId: null });
    await track("sent");
    await track("sent", { contactId: bob });
    await track("open");
    await track("open");
    await track("click");
    await track("conversion", { value: money("EUR", 60) });
    await track("conversion", { contactId: bob, value: money("EUR", 40) });
    await track("conversion", { count: 0, value: money("EUR", -10) });
    await shop.budgets.recordCost(campaign.id, {
      key: "invoice-7",
      kind: "media",
      amount: money("EUR", 30),
    });
    const { currency, rows } = await shop.analytics.metrics({ campaignIds: [campaign.id] });
    expect(currency).toBe("EUR");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.metrics).toMatchObject({
      impressions: 1_000,
      sent: 2,
      delivered: 2,
      opens: 2,
      uniqueOpens: 1,
      clicks: 1,
      conversions: 2,
      converters: 2,
      reach: 2,
      engaged: 2,
      revenue: money("EUR", 90),
      spend: money("EUR", 30),
      profit: money("EUR", 60),
      ctr: 0.001,
      cvr: 2,
      openRate: 0.5,
      clickRate: 0.5,
      engagementRate: 1,
      cpc: money("EUR", 30),
      cpm: money("EUR", 30),
      cpa: money("EUR", 15),
      aov: money("EUR", 45),
      roas: 3,
      roi: 2,
      unconverted: { revenue: [], spend: [] },
    });
    const empty = await shop.analytics.metrics({ campaignIds: [campaign.id], to: at("02-01T00:00") });
    expect(empty.rows[0]?.metrics).toMatchObject({
      clicks: 0,
      ctr: null,
      roi: null,
      cpc: null,
      spend: money("EUR", 0),
    });
    await kit.stop();
  });

  it("ANA-2, BUD-5: convert other currencies at their days' rates, and keep apart what has none", async () => {
    const { kit, shop, campaign } = await open(await database());
    const order = (id: string, day: string, value: ReturnType<typeof money>) =>
      shop.events.track({ id, type: "conversion", campaignId: campaign.id, at: at(day), value });
    await order("a", "02-01T12:00", money("EUR", 10));
    // Local days of the campaign: the second falls on the day after, in Berlin.
    await order("b", "02-01T22:59", money("USD", 10));
    await order("c", "02-01T23:00", money("USD", 10));
    await order("d", "02-01T12:00", money("JPY", 1_000));
    const read = async (query: MetricsQuery = {}) =>
      (await shop.analytics.metrics({ campaignIds: [campaign.id], ...query })).rows.map(
        ({ metrics }) => metrics,
      );
    expect((await read())[0]).toMatchObject({
      revenue: money("EUR", 10),
      unconverted: { revenue: [money("JPY", 1_000), money("USD", 20)] },
      roas: null,
      aov: null,
      profit: null,
    });
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-01-01", rate: "0.5" });
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-02-02", rate: "0.25" });
    expect((await read())[0]).toMatchObject({
      revenue: money("EUR", 17.5),
      unconverted: { revenue: [money("JPY", 1_000)] },
    });
    expect((await read({ groupBy: ["day"] })).map(({ revenue }) => revenue)).toEqual([
      money("EUR", 15),
      money("EUR", 2.5),
    ]);
    await shop.exchangeRates.set({ from: "JPY", to: "EUR", date: "2027-01-01", rate: "0.01" });
    expect((await read())[0]).toMatchObject({ revenue: money("EUR", 27.5), aov: money("EUR", 6.875) });
    const roi = await shop.analytics.roi(campaign.id);
    expect(roi.revenue).toEqual(money("EUR", 27.5));
    await kit.stop();
  });

  it("ANA-2: ask for a currency where there are several, and know no record of another workspace", async () => {
    const { kit, shop, campaign } = await open(await database());
    const dollars = await shop.campaigns.create({
      name: "US",
      timeZone: "UTC",
      startsAt: new Date(START),
      currency: "USD",
    });
    await shop.events.track({ type: "conversion", campaignId: campaign.id, value: money("EUR", 1) });
    await shop.events.track({ type: "conversion", campaignId: dollars.id, value: money("USD", 1) });
    await expect(shop.analytics.metrics()).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["currency"] }] },
    });
    const { rows } = await shop.analytics.metrics({ groupBy: ["campaign"], currency: "USD" });
    expect(rows.map(({ campaignId, metrics }) => [campaignId === dollars.id, metrics.revenue])).toEqual([
      [false, money("USD", 0)],
      [true, money("USD", 1)],
    ]);
    const others = kit.workspace("other").analytics;
    for (const call of [
      () => others.metrics({ campaignIds: [campaign.id] }),
      () => others.trends({ campaignIds: [campaign.id], interval: "day" }),
      () => others.funnel({ campaignIds: [campaign.id], stages: ["open"] }),
      () => others.roi(campaign.id),
      () => others.roi("no id"),
      () => others.verifyRollups(campaign.id),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    expect((await others.metrics()).rows[0]?.metrics).toMatchObject({
      conversions: 0,
      revenue: null,
      roi: null,
    });
    await expect(shop.analytics.metrics({ groupBy: ["hour", "day"] })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await expect(
      shop.analytics.trends({ interval: "hour", from: at("01-01T00:00"), to: new Date("2037-01-01") }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await kit.stop();
  });

  it("ANA-3: trends have no gaps, also over a change of the clocks, and add up to the whole", async () => {
    const { kit, time, shop, campaign } = await open(await database());
    time.jumpTo(at("04-10T00:00"));
    const clicks = ["03-26T10:00", "03-27T22:59", "03-27T23:00", "03-28T21:59", "03-28T22:00", "03-30T10:00"];
    for (const click of clicks)
      await shop.events.track({ type: "click", campaignId: campaign.id, at: at(click) });
    const trend = await shop.analytics.trends({ campaignIds: [campaign.id], interval: "day" });
    expect(trend.timeZone).toBe("Europe/Berlin");
    expect(trend.points.map(({ label, metrics }) => [label, metrics.clicks])).toEqual([
      ["2027-03-26", 1],
      ["2027-03-27", 1],
      ["2027-03-28", 2],
      ["2027-03-29", 1],
      ["2027-03-30", 1],
    ]);
    const span = trend.points[2];
    expect((span?.until.getTime() ?? 0) - (span?.from.getTime() ?? 0)).toBe(23 * HOUR_MS);
    const hours = await shop.analytics.trends({
      campaignIds: [campaign.id],
      interval: "hour",
      from: at("03-27T22:30"),
      to: at("03-28T23:00"),
    });
    expect(hours.points).toHaveLength(25);
    expect(hours.points.reduce((sum, { metrics }) => sum + metrics.clicks, 0)).toBe(4);
    const none = await shop.analytics.trends({
      campaignIds: [campaign.id],
      interval: "month",
      to: at("01-01T00:00"),
    });
    expect(none.points).toEqual([]);
    await kit.stop();
  });

  it("ANA-4: reckon all costs against revenue, with break-even and the day of payback", async () => {
    const { kit, time, shop, campaign } = await open(await database());
    const cost = (key: string, kind: "media" | "labour", units: number) =>
      shop.budgets.recordCost(campaign.id, { key, kind, amount: money("EUR", units) });
    const order = (id: string, units: number) =>
      shop.events.track({ id, type: "conversion", campaignId: campaign.id, value: money("EUR", units) });
    expect(await shop.analytics.roi(campaign.id)).toMatchObject({ roi: null, roas: null, payback: null });
    await cost("ads", "media", 80);
    await cost("design", "labour", 20);
    await time.advance("1d", kit);
    await order("o1", 150);
    expect(await shop.analytics.roi(campaign.id, { grossMargin: 0.5 })).toMatchObject({
      roi: 0.5,
      marginRoi: -0.25,
      payback: null,
    });
    await time.advance("1d", kit);
    await order("o2", 90);
    expect(await shop.analytics.roi(campaign.id, { grossMargin: 0.5 })).toMatchObject({
      currency: "EUR",
      revenue: money("EUR", 240),
      spend: money("EUR", 100),
      costs: { media: money("EUR", 80), labour: money("EUR", 20), ai: money("EUR", 0) },
      profit: money("EUR", 140),
      roi: 1.4,
      roas: 2.4,
      marginProfit: money("EUR", 20),
      breakEven: { roas: 2, revenue: money("EUR", 200), cpa: money("EUR", 60) },
      payback: { days: 3, at: at("03-03T23:00") },
    });
    const daily = await shop.analytics.trends({ campaignIds: [campaign.id], interval: "day" });
    expect(daily.points.map(({ metrics }) => [metrics.spend, metrics.revenue])).toEqual([
      [money("EUR", 100), money("EUR", 0)],
      [money("EUR", 0), money("EUR", 150)],
      [money("EUR", 0), money("EUR", 90)],
    ]);
    await expect(shop.analytics.roi(campaign.id, { grossMargin: 2 })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });
});
