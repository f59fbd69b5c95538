/** Results as a small campaign has them, for tests of what is made from them. */

import { sqlite } from "@campaignkit/adapter-sqlite";
import { type CampaignReport, createCampaignKit, money } from "@campaignkit/core";
import type { Results } from "./results.ts";

const euros = (amount: number) => money("EUR", amount);

/** The report of a campaign in which nothing has happened: what all others differ from. */
async function emptyReport(): Promise<CampaignReport> {
  const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
  const shop = kit.workspace("shop");
  const startsAt = new Date("2027-03-01T08:00:00Z");
  const plan = { name: "Spring & <Summer>", timeZone: "Europe/Berlin", startsAt, currency: "EUR" };
  const { id } = await shop.campaigns.create(plan);
  const report = await shop.analytics.report(id);
  await kit.stop();
  return report;
}

const EMPTY = await emptyReport();

/** 50 sent, 2 failed, 7 skipped, 1 uncertain; all that must hold does. */
export const EXAMPLE_REPORT: CampaignReport = {
  ...EMPTY,
  delivery: {
    audience: 60,
    pending: 0,
    sent: 50,
    failed: 2,
    skipped: 7,
    uncertain: 1,
    reasons: {
      failed: { "rejected-recipient": 2 },
      skipped: { "no-consent": 4, suppressed: 3 },
      uncertain: { "worker-lost": 1 },
    },
  },
  summary: {
    ...EMPTY.summary,
    sent: 50,
    opens: 23,
    uniqueOpens: 20,
    clicks: 9,
    uniqueClicks: 7,
    unsubscribes: 1,
    conversions: 2,
    converters: 2,
    cvr: 2 / 9,
  },
  machines: {
    opens: 4,
    clicks: 6,
    reasons: [
      { type: "click", reason: "link-burst", count: 6 },
      { type: "open", reason: "apple-mail-privacy", count: 4 },
    ],
  },
  roi: {
    ...EMPTY.roi,
    revenue: euros(120),
    spend: euros(25.051),
    costs: { media: euros(0), ai: euros(0), message: euros(0.051), tool: euros(0), labour: euros(25) },
    profit: euros(94.949),
    roi: 3.79,
  },
};

/** The results, but for what is changed. */
export function exampleResults(change: Partial<Results> = {}): Results {
  return {
    report: EXAMPLE_REPORT,
    byAnybody: { opens: 27, clicks: 15 },
    budget: { overspend: euros(0), reserved: euros(0) },
    rollups: { exact: true, events: 90, differences: [] },
    accepted: { messages: 50, moreThanOnce: 0 },
    readers: 50,
    ...change,
  };
}
