import {
  ChannelError,
  type Clock,
  createCampaignKit,
  defineChannel,
  money,
  type Receipt,
} from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { z } from "zod";

/** Twenty people, a launched campaign to them, and a channel whose `send` is the test's. */
async function selling(
  database: TestDatabase,
  send: (n: number) => Promise<Receipt>,
  /** What becomes of the n-th preparation. */
  prepare: (n: number, clock: Clock) => Promise<unknown> = async () => undefined,
) {
  const time = virtualTime();
  let sends = 0;
  let preparations = 0;
  const mail = defineChannel({
    id: "strange",
    reach: "direct",
    address: "email",
    content: z.object({ text: z.string() }),
    config: z.object({}),
    capabilities: { links: false, opens: false, unsubscribe: false },
    limits: { concurrency: 4 },
    idempotency: "none",
    prepare: async ({ text }) => {
      preparations += 1;
      await prepare(preparations, time.runtime.clock);
      return { links: [], warnings: [], render: () => ({ outcome: "rendered", message: text }) };
    },
    send: () => {
      sends += 1;
      return send(sends);
    },
  });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    runtime: time.runtime,
  });
  await kit.migrate();
  const shop = kit.workspace("shop");
  const { items } = await shop.contacts.upsertMany(
    Array.from({ length: 20 }, (_, n) => ({
      email: `p${n}@example.com`,
      consents: [{ channel: "email", state: "granted", source: "form" }] as const,
    })),
  );
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  await shop.segments.addMembers(
    segment.id,
    items.flatMap((item) => ("contactId" in item ? [item.contactId] : [])),
  );
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [segment.id],
  });
  const post = await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
  await shop.campaigns.launch(campaign.id);
  return { time, kit, shop, campaignId: campaign.id, postId: post.id, sendsSoFar: () => sends };
}

describeEachDatabase("channels with strange answers", (database) => {
  it("CHN-7: a receipt that says nonsense is one all the same: nobody gets a message twice, and the batch ends", async () => {
    const answers = [
      undefined,
      { externalId: 7 },
      { externalId: "a\u0000b", url: `${"x".repeat(1_999)}🙂` },
      { externalId: null, costMicros: 7.5 },
      { externalId: null, costMicros: -7 },
      { externalId: null, costMicros: Number.NaN },
    ];
    const { time, kit, shop, campaignId, postId, sendsSoFar } = await selling(
      await database(),
      async (n) => answers[n % answers.length] as unknown as Receipt,
    );
    await time.advance("1h", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 20, sent: 20, pending: 0 });
    expect(sendsSoFar()).toBe(20);
    const { total } = await shop.budgets.get(campaignId);
    expect(total.committed).toEqual(money("USD", "0.000024"));
    await kit.stop();
  });

  it("CHN-8: an error that can't be kept as it is takes nothing else along", async () => {
    const { time, kit, shop, postId, sendsSoFar } = await selling(await database(), async (n) => {
      if (n % 4 === 0) throw new Error(`${"x".repeat(499)}🙂 \u0000`);
      if (n % 4 === 1) throw Object.create(null);
      return { externalId: null };
    });
    await time.advance("1h", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 10, uncertain: 10, pending: 0 });
    expect(sendsSoFar()).toBe(20);
    await kit.stop();
  });

  it("CHN-8: a far side that asks for no rest, again and again, is not asked without rest", async () => {
    const { time, kit, shop, postId, sendsSoFar } = await selling(await database(), async (n) => {
      if (n <= 100)
        throw new ChannelError({
          kind: "rate-limited",
          outcome: "not-sent",
          retryAfterMs: 0,
          message: "429",
        });
      return { externalId: null };
    });
    await time.advance("10s", kit);
    expect(sendsSoFar()).toBeLessThan(60);
    await time.advance("1h", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 20, failed: 0, uncertain: 0 });
    await kit.stop();
  });

  it("CHN-1: a channel that takes for ever to prepare, or can't for the moment, stops nothing and is asked again", async () => {
    const busy = () =>
      new ChannelError({ kind: "transient", outcome: "not-sent", message: "the template store is away" });
    const { time, kit, shop, postId } = await selling(
      await database(),
      async () => ({ externalId: null }),
      async (n) => {
        // The first is at the writing of the post.
        if (n === 2 || n === 3) throw busy();
      },
    );
    await time.advance("1h", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 20 });
    await kit.stop();
    const slow = await selling(
      await database(),
      async () => ({ externalId: null }),
      async (n, clock) => (n === 1 ? undefined : clock.sleep(86_400_000)),
    );
    for (let round = 0; round < 8; round++) {
      let ended = false;
      void slow.kit.tick().then(() => {
        ended = true;
      });
      while (!ended) {
        await new Promise((resolve) => setImmediate(resolve));
        await slow.time.advance("10s");
      }
    }
    expect((await slow.shop.posts.get(slow.postId)).held?.reason).toBe("internal-error");
    await slow.kit.stop();
  });

  it("CHN-8: an account that is refused while a post is prepared is named as what holds it", async () => {
    const { time, kit, shop, postId } = await selling(
      await database(),
      async () => ({ externalId: null }),
      async (n) => {
        if (n > 1) throw new ChannelError({ kind: "auth", outcome: "not-sent", message: "key revoked" });
      },
    );
    await time.advance("1m", kit);
    expect((await shop.posts.get(postId)).held?.reason).toBe("auth");
    await kit.stop();
  });

  it("CHN-7: a decision that is none is refused, and so is an approval of nobody knows what", async () => {
    const { time, kit, shop, postId } = await selling(await database(), async () => {
      throw new Error("connection lost");
    });
    await time.advance("1h", kit);
    const { items } = await shop.deliveries.list({ postId, states: ["uncertain"] });
    const id = items[0]?.id ?? "";
    for (const decision of ["sending", "skipped", "pending"])
      await expect(shop.deliveries.resolve(id, decision as "sent")).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
      });
    expect((await shop.deliveries.get(id)).state).toBe("uncertain");
    expect((await shop.deliveries.list({ postId, states: [] })).items).toEqual([]);
    await expect(shop.deliveries.list({ postId, states: ["lost" as "sent"] })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await expect(shop.posts.approve(postId, undefined as unknown as number)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });
});
