/** A report as a small campaign has it, for tests of the page. */
import { type CampaignReport, type Metrics, money } from "@campaignkit/core";

const euros = (amount: number) => money("EUR", amount);

/** Figures of nothing, but for what is changed. */
export function exampleMetrics(change: Partial<Metrics> = {}): Metrics {
  return {
    sent: 0,
    impressions: 0,
    views: 0,
    opens: 0,
    clicks: 0,
    conversions: 0,
    bounces: 0,
    complaints: 0,
    unsubscribes: 0,
    engagements: 0,
    machineOpens: 0,
    machineClicks: 0,
    delivered: 0,
    reach: 0,
    uniqueOpens: 0,
    uniqueClicks: 0,
    converters: 0,
    engaged: 0,
    revenue: euros(0),
    spend: euros(0),
    profit: euros(0),
    ctr: null,
    cvr: null,
    engagementRate: null,
    interactionRate: null,
    openRate: null,
    clickRate: null,
    clickToOpenRate: null,
    bounceRate: null,
    complaintRate: null,
    unsubscribeRate: null,
    cpc: null,
    cpm: null,
    cpa: null,
    aov: null,
    roas: null,
    roi: null,
    unconverted: { revenue: [], spend: [] },
    ...change,
  };
}

const SUMMARY = exampleMetrics({
  sent: 1_250,
  delivered: 1_240,
  bounces: 10,
  bounceRate: 0.008,
  complaints: 1,
  complaintRate: 1 / 1_240,
  unsubscribes: 6,
  unsubscribeRate: 6 / 1_240,
  opens: 640,
  uniqueOpens: 520,
  openRate: 520 / 1_240,
  clicks: 180,
  uniqueClicks: 140,
  clickRate: 140 / 1_240,
  conversions: 20,
  revenue: euros(1_234.5),
  aov: euros(61.725),
  cpa: euros(6.2625),
  machineOpens: 310,
  machineClicks: 95,
});

/** The report, but for what is changed. */
export function exampleReport(change: Partial<CampaignReport> = {}): CampaignReport {
  const day = (number: number): Date => new Date(Date.UTC(2027, 1, 28 + number, 23));
  const part = (key: string | null, name: string | null) => ({ key, name, metrics: SUMMARY });
  return {
    generatedAt: new Date("2027-03-09T10:00:00Z"),
    campaign: {
      id: "00000000-0000-7000-8000-000000000001",
      name: "Spring & <Summer>",
      state: "completed",
      timeZone: "Europe/Berlin",
      currency: "EUR",
      startsAt: new Date("2027-03-01T08:00:00Z"),
      endsAt: new Date("2027-03-07T20:00:00Z"),
    },
    timeZone: "Europe/Berlin",
    currency: "EUR",
    delivery: {
      audience: 1_500,
      pending: 0,
      sent: 1_250,
      failed: 30,
      skipped: 215,
      uncertain: 5,
      reasons: {
        failed: { "rejected-recipient": 30 },
        skipped: { "no-consent": 180, suppressed: 35 },
        uncertain: { "worker-lost": 5 },
      },
    },
    summary: SUMMARY,
    machines: {
      opens: 310,
      clicks: 95,
      reasons: [
        { type: "open", reason: "apple-mail-privacy", count: 300 },
        { type: "click", reason: "link-burst", count: 95 },
        { type: "open", reason: "our-own-proxy", count: 10 },
      ],
    },
    funnel: {
      withinMs: 1,
      stages: [
        { type: "sent", channel: null, postId: null, people: 1_250, ofFirst: 1, ofPrevious: null },
        { type: "open", channel: null, postId: null, people: 520, ofFirst: 0.416, ofPrevious: 0.416 },
        { type: "click", channel: null, postId: null, people: 140, ofFirst: 0.112, ofPrevious: 0.269 },
        { type: "conversion", channel: null, postId: null, people: 20, ofFirst: 0.016, ofPrevious: 0.143 },
      ],
    },
    trend: {
      interval: "day",
      points: Array.from({ length: 7 }, (_, number) => ({
        from: day(number),
        until: day(number + 1),
        label: `2027-03-0${number + 1}`,
        metrics: exampleMetrics({
          opens: Math.round(300 / (number + 1)),
          clicks: Math.round(80 / (number + 1)),
          conversions: number === 2 ? 14 : 1,
        }),
      })),
    },
    channels: [part("newsletter", null)],
    posts: [
      { ...part("00000000-0000-7000-8000-00000000000b", "Spring is here"), channel: "newsletter" },
      { ...part("00000000-0000-7000-8000-00000000000c", "Spring is here"), channel: "newsletter" },
    ],
    segments: [
      part("00000000-0000-7000-8000-00000000000d", "Garden friends"),
      part("vip", null),
      part(null, null),
    ],
    roi: {
      campaignId: "00000000-0000-7000-8000-000000000001",
      currency: "EUR",
      revenue: euros(1_234.5),
      unconverted: [],
      conversions: 20,
      spend: euros(125.25),
      costs: { media: euros(0), ai: euros(0), message: euros(1.25), tool: euros(0), labour: euros(124) },
      profit: euros(1_109.25),
      roi: 8.856,
      roas: 9.856,
      grossMargin: 1,
      marginProfit: euros(1_109.25),
      marginRoi: 8.856,
      breakEven: { roas: 1, revenue: euros(125.25), cpa: euros(61.725) },
      payback: { at: new Date("2027-03-02T23:00:00Z"), days: 2 },
    },
    ...change,
  };
}
