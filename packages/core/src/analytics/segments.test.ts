import { type MetricsQuery, money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { recordEvents } from "./record.ts";
import { keepSegmentSets, segmentSetOf } from "./segment-sets.ts";
import { bySegment, openSegments } from "./segments.fixture.ts";

describeEachDatabase("figures by segment", (database) => {
  it("ANA-2: count people in the segments they were in when they were written to, whatever becomes of these", async () => {
    const w = await openSegments(await database(), 4, 2);
    const [ann = "", bob = "", cid = "", dan = ""] = w.contacts;
    const [vip = "", local = ""] = w.segmentIds;
    await w.shop.segments.addMembers(vip, [ann, bob]);
    await w.shop.segments.addMembers(local, [bob, cid]);
    const post = await w.send();
    const clickToken = await w.click(post, ann);
    await w.click(post, bob);
    await w.click(post, bob);
    const order = { type: "conversion", value: money("EUR", 10) } as const;
    await w.shop.events.track({ ...order, clickToken });
    await w.shop.events.track({ ...order, campaignId: w.campaign.id, contactId: bob });
    await w.shop.events.track({ ...order, campaignId: w.campaign.id, externalId: "p3" });
    await w.shop.events.track({ type: "impression", campaignId: w.campaign.id, count: 500 });
    await w.shop.events.track({ type: "impression", campaignId: w.campaign.id, count: 70, segment: vip });
    const read = async (query: MetricsQuery = {}) =>
      bySegment(
        await w.shop.analytics.metrics({ campaignIds: [w.campaign.id], groupBy: ["segment"], ...query }),
      );
    const expected = {
      [vip]: {
        sent: 2,
        reach: 2,
        clicks: 3,
        uniqueClicks: 2,
        conversions: 2,
        converters: 2,
        impressions: 70,
        revenue: money("EUR", 20),
        cvr: 2 / 3,
        spend: null,
        roas: null,
      },
      [local]: { sent: 2, reach: 2, clicks: 2, uniqueClicks: 1, conversions: 1, revenue: money("EUR", 10) },
      none: { sent: 0, reach: 0, clicks: 0, conversions: 1, converters: 1, impressions: 500 },
    };
    expect(await read()).toMatchObject(expected);
    const whole = (await w.shop.analytics.metrics({ campaignIds: [w.campaign.id] })).rows[0]?.metrics;
    expect(whole).toMatchObject({ sent: 3, reach: 3, clicks: 3, uniqueClicks: 2, conversions: 3 });

    await w.shop.segments.removeMembers(vip, [ann, bob]);
    await w.shop.segments.addMembers(vip, [dan]);
    await w.shop.segments.addMembers(local, [ann]);
    expect(await read()).toMatchObject(expected);
    await w.shop.contacts.erase(ann);
    await w.shop.contacts.delete(bob);
    expect(await read()).toMatchObject(expected);
    expect(await read({ segment: vip })).toMatchObject({ [vip]: expected[vip] });
    expect(Object.keys(await read({ segment: vip }))).toEqual([vip]);

    // What follows belongs to what was sent last before it, and changes nothing of what was before.
    await w.send();
    await w.shop.events.track({ ...order, campaignId: w.campaign.id, contactId: dan });
    await w.shop.events.track({ ...order, campaignId: w.campaign.id, contactId: cid });
    expect(await read()).toMatchObject({
      [vip]: { sent: 3, clicks: 3, conversions: 3, converters: 3 },
      [local]: { sent: 3, clicks: 2, conversions: 2, converters: 2 },
      none: expected.none,
    });
    const filter = { campaignIds: [w.campaign.id], segment: vip };
    const { points } = await w.shop.analytics.trends({ ...filter, interval: "hour" });
    expect(points.map(({ metrics: { sent, conversions, spend } }) => [sent, conversions, spend])).toEqual([
      [3, 3, null],
    ]);
    const { stages } = await w.shop.analytics.funnel({ ...filter, stages: ["sent", "click", "conversion"] });
    expect(stages.map(({ people }) => people)).toEqual([3, 2, 2]);
    expect(await w.shop.analytics.verifyRollups(w.campaign.id)).toMatchObject({ exact: true });
    await w.kit.stop();
  });

  it("ANA-2, AUD-1: a segment that events name is one of the rows, until the person is forgotten of whom they say it", async () => {
    const { kit, shop, scope, contacts, segmentIds, campaign } = await openSegments(await database(), 2, 1);
    const [ann = "", bob = ""] = contacts;
    const [vip = ""] = segmentIds;
    await scope.write("events:write", async (unit) => {
      await keepSegmentSets(unit, [[vip]]);
      const event = { type: "click", campaignId: campaign.id, channel: "web", at: unit.now };
      await recordEvents(unit, [
        { ...event, id: "1", contactId: ann, segmentSet: segmentSetOf([vip]) },
        // The same segment, by the host's word.
        { ...event, id: "2", contactId: ann, segment: vip, at: unit.now - 1 },
        { ...event, id: "3", contactId: ann, segment: "loyal", value: money("EUR", 3) },
        { ...event, id: "4", contactId: bob, segment: "loyal" },
      ]);
    });
    const read = async () => {
      const report = await shop.analytics.metrics({ campaignIds: [campaign.id], groupBy: ["segment"] });
      return report.rows.map(({ segment, metrics }) => [segment, metrics.clicks, metrics.uniqueClicks]);
    };
    expect(new Set(await read())).toEqual(
      new Set([
        [vip, 2, 1],
        ["loyal", 2, 2],
      ]),
    );
    await shop.contacts.erase(ann);
    expect(new Set(await read())).toEqual(
      new Set([
        [vip, 1, 1],
        ["loyal", 1, 1],
        [null, 2, 1],
      ]),
    );
    expect(await shop.analytics.verifyRollups(campaign.id)).toMatchObject({ exact: true, events: 4 });
    await kit.stop();
  });
});
