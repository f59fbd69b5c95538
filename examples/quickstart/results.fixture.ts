/** Results as a small campaign has them, for tests of what is made from them. */
import { money } from "@campaignkit/core";
import type { Results } from "./results.ts";

const euros = (amount: number) => money("EUR", amount);

/** 50 sent, 2 failed, 7 skipped, 1 uncertain; all that must hold does, but for what is changed. */
export function exampleResults(change: Partial<Results> = {}): Results {
  return {
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
    metrics: {
      sent: 50,
      uniqueOpens: 23,
      clicks: 9,
      uniqueClicks: 7,
      unsubscribes: 1,
      conversions: 2,
      converters: 2,
      cvr: 2 / 9,
    },
    machineClicks: 6,
    funnel: {
      withinMs: 1,
      stages: [
        { type: "sent", channel: null, postId: null, people: 50, ofFirst: 1, ofPrevious: null },
        { type: "open", channel: null, postId: null, people: 23, ofFirst: 0.46, ofPrevious: 0.46 },
      ],
    },
    roi: {
      revenue: euros(120),
      spend: euros(25.051),
      costs: { media: euros(0), ai: euros(0), message: euros(0.051), tool: euros(0), labour: euros(25) },
      profit: euros(94.949),
      roi: 3.79,
    },
    budget: { overspend: euros(0), reserved: euros(0) },
    rollups: { exact: true, events: 90, differences: [] },
    sending: [
      { second: 0, sent: 0 },
      { second: 1, sent: 50 },
    ],
    accepted: { messages: 50, moreThanOnce: 0 },
    readers: 50,
    ...change,
  };
}
