/** Results as a small campaign has them, for tests of what is made from them. */
import { micros } from "@campaignkit/core";
import type { Results } from "./results.ts";

const euros = (amount: number) => micros("EUR", amount * 1_000_000);
const STAND = {
  limit: euros(50),
  committed: euros(25.05),
  reserved: euros(0),
  available: euros(24.95),
  overspend: euros(0),
  exhausted: false,
};

/** What holds of them: 50 sent, 2 failed, 7 skipped, 1 uncertain; nothing is wrong. */
export function exampleResults(change: Partial<Results> = {}): Results {
  const costs = { media: euros(0), ai: euros(0), message: euros(0.051), tool: euros(0), labour: euros(25) };
  const results = {
    campaignName: "Spring & <Summer>",
    progress: {
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
    metrics: { sent: 50, uniqueOpens: 23, uniqueClicks: 7, clicks: 9, unsubscribes: 1, conversions: 2 },
    machineClicks: 6,
    funnel: {
      withinMs: 1,
      stages: [
        { type: "sent", channel: null, postId: null, people: 50, ofFirst: 1, ofPrevious: null },
        { type: "open", channel: null, postId: null, people: 23, ofFirst: 0.46, ofPrevious: 0.46 },
      ],
    },
    roi: {
      currency: "EUR",
      revenue: euros(120),
      spend: euros(25.051),
      costs,
      profit: euros(94.949),
      roi: 3.79,
    },
    budget: { total: STAND },
    rollups: { exact: true, events: 90, differences: [] },
    sending: [
      { second: 0, sent: 0 },
      { second: 1, sent: 50 },
    ],
    accepted: { messages: 50, moreThanOnce: 0 },
    readers: 50,
    ...change,
  };
  // What is left out is what neither the checks nor the report look at.
  return results as unknown as Results;
}
