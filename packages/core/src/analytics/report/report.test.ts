import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { openSegments } from "../segments.fixture.ts";
import { intervalFor } from "./campaign-report.ts";

const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

describeEachDatabase("a campaign's report", (database) => {
  it("ANA-2, ANA-3, ANA-4, CHN-11: says everything that the campaign came to, in sums that fit each other", async () => {
    const { kit, time, shop, mail, contacts, segmentIds, campaign, send } = await openSegments(
      await database(),
      6,
      2,
    );
    const [first = "", second = ""] = segmentIds;
    await shop.segments.addMembers(first, contacts.slice(0, 4));
    await shop.segments.addMembers(second, contacts.slice(3, 6));
    await shop.consents.set(contacts[5] ?? "", { channel: "email", state: "withdrawn", source: "phone" });
    const postId = await send();
    await time.advance("1h", kit);
    const visit = async (url: string | null | undefined, agent: string): Promise<void> => {
      await kit.trackingHandler(new Request(url ?? "", { headers: { "user-agent": agent } }));
    };
    const messages = mail.accepted.map(({ message }) => message);
    for (const [n, message] of messages.entries()) {
      await visit(message.openUrl, n === 0 ? "Mozilla/5.0" : BROWSER);
      if (n < 2) await visit(message.links[0], n === 0 ? "Mimecast" : BROWSER);
    }
    await shop.events.track({
      id: "order-1",
      type: "conversion",
      campaignId: campaign.id,
      contactId: messages[1]?.to?.contactId ?? "",
      value: money("EUR", 40),
    });
    await shop.budgets.recordCost(campaign.id, { key: "design", kind: "labour", amount: money("EUR", 10) });

    const report = await shop.analytics.report(campaign.id);
    expect(report.generatedAt).toEqual(time.now());
    expect(report.campaign).toMatchObject({
      id: campaign.id,
      name: "Spring",
      state: "active",
      currency: "EUR",
    });
    expect(report.delivery).toMatchObject({
      audience: 6,
      sent: 5,
      skipped: 1,
      reasons: { skipped: { "consent-withdrawn": 1 } },
    });
    expect(report.summary).toMatchObject({
      sent: 5,
      uniqueOpens: 4,
      uniqueClicks: 1,
      conversions: 1,
      machineOpens: 1,
      machineClicks: 1,
      openRate: 0.8,
    });
    expect(report.machines).toEqual({
      opens: 1,
      clicks: 1,
      reasons: [
        { type: "click", reason: "scanner-mimecast", count: 1 },
        { type: "open", reason: "apple-mail-privacy", count: 1 },
      ],
    });
    expect(report.funnel.stages.map(({ people }) => people)).toEqual([5, 4, 1, 1]);
    expect(report.trend.interval).toBe("hour");
    const sumOf = (name: "sent" | "opens" | "clicks" | "machineClicks"): number =>
      report.trend.points.reduce((sum, { metrics }) => sum + metrics[name], 0);
    expect([sumOf("sent"), sumOf("opens"), sumOf("clicks"), sumOf("machineClicks")]).toEqual([5, 4, 1, 1]);
    expect(
      report.channels.filter(({ key }) => key !== null).map(({ key, metrics }) => [key, metrics.sent]),
    ).toEqual([["mail", 5]]);
    expect(report.posts).toMatchObject([
      {
        key: postId,
        name: "See https://shop.example/a",
        channel: "mail",
        metrics: { sent: 5, uniqueClicks: 1 },
      },
    ]);
    const bySegment = Object.fromEntries(
      report.segments.map(({ name, metrics }) => [name ?? "none", metrics.sent]),
    );
    expect(bySegment).toMatchObject({ s0: 4, s1: 2 });
    expect(report.roi).toEqual(await shop.analytics.roi(campaign.id));
    expect(report.roi).toMatchObject({ revenue: money("EUR", 40), spend: money("EUR", 10), roi: 3 });
    const { rows } = await shop.analytics.metrics({ campaignIds: [campaign.id] });
    expect(report.summary).toEqual(rows[0]?.metrics);
    // Nothing in it that JSON could not say.
    expect(JSON.parse(JSON.stringify(report.summary))).toEqual(report.summary);
    await kit.stop();
  });

  it("ANA-3: is there for a campaign in which nothing has happened, in the interval, zone and weeks that were asked for", async () => {
    const { kit, time, shop, campaign } = await openSegments(await database(), 0, 0);
    const empty = await shop.analytics.report(campaign.id);
    expect(empty).toMatchObject({
      delivery: { audience: 0 },
      summary: { sent: 0, openRate: null },
      trend: { points: [] },
      channels: [],
      posts: [],
      segments: [],
      roi: { roi: null },
    });
    await shop.events.track({ type: "click", campaignId: campaign.id, at: new Date("2027-02-27T23:30:00Z") });
    await time.advance("1d", kit);
    const weekly = await shop.analytics.report(campaign.id, {
      interval: "week",
      weekStart: "sunday",
      timeZone: "Europe/Berlin",
      stages: ["click"],
    });
    expect(weekly.trend.points.map(({ label }) => label)).toEqual(["2027-02-28/P7D"]);
    expect(weekly.funnel.stages).toHaveLength(1);
    await expect(shop.analytics.report("no id")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(shop.analytics.report(campaign.id, { grossMargin: 2 })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });
});

it("ANA-3: the interval of a report makes neither a few points nor hundreds", () => {
  const DAY_MS = 86_400_000;
  expect([0, 3, 4, 92, 93, 730, 731].map((days) => intervalFor(days * DAY_MS))).toEqual([
    "hour",
    "hour",
    "day",
    "day",
    "week",
    "week",
    "month",
  ]);
});
