import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { fleet } from "./accounts/fleet.fixture.ts";

const LIMITS = { concurrency: 2, perSecond: 20 };

/** The campaigns of the accepted messages, in order. */
const order = (
  accepted: readonly { readonly message: { readonly campaignId: string } }[],
): readonly string[] => accepted.map(({ message }) => message.campaignId);

describeEachDatabase("fairness", (database) => {
  it("CHN-9: a small campaign that comes later is out before a large one is through", async () => {
    const w = fleet(await database(), { limits: LIMITS }, { workers: { batchSize: 10, lanes: 1 } });
    const large = await w.launch("shop", 600);
    await w.time.advance("5s", ...w.kits);
    const before = w.mail.accepted.length;
    const small = await w.launch("shop", 30);
    await w.time.advance("5s", ...w.kits);
    const later = order(w.mail.accepted).slice(before);
    expect(later.filter((id) => id === small.campaignId)).toHaveLength(30);
    expect(later.lastIndexOf(small.campaignId)).toBeLessThan(80);
    expect(later.filter((id) => id === large.campaignId).length).toBeGreaterThanOrEqual(30);
    await w.stop();
  });

  it("CHN-9: a workspace with many campaigns has no more of the channel than one with a single one", async () => {
    const w = fleet(await database(), { limits: LIMITS }, { size: 2, workers: { batchSize: 10, lanes: 1 } });
    const single = await w.launch("single", 100);
    for (let n = 0; n < 8; n++) await w.launch("many", 30);
    await w.time.advance("8s", ...w.kits);
    const shares = order(w.mail.accepted);
    const own = shares.filter((id) => id === single.campaignId).length;
    expect(shares.length).toBeGreaterThanOrEqual(160);
    expect(own / shares.length).toBeGreaterThan(0.4);
    await w.stop();
  });

  it("CHN-9: a transactional post goes before marketing that is under way", async () => {
    const w = fleet(await database(), { limits: LIMITS }, { workers: { batchSize: 10, lanes: 1 } });
    await w.launch("shop", 300);
    await w.time.advance("3s", ...w.kits);
    const before = w.mail.accepted.length;
    const receipts = await w.launch("other", 40, { purpose: "transactional" });
    await w.time.advance("3s", ...w.kits);
    const next = order(w.mail.accepted).slice(before, before + 40);
    expect(next.filter((id) => id === receipts.campaignId).length).toBeGreaterThanOrEqual(39);
    await w.stop();
  });
});
