/** What a database that fails at the wrong moment, a worker that is lost, and a person's word lead to, one case at a time. */
import { CampaignKitError, createCampaignKit, type SqlDriver } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { FaultyDriver } from "./model/faults.fixture.ts";
import { reached, type SendingShop, sendingShop } from "./shop.fixture.ts";

/** Lets a round come to its end by itself, also where it waits for time to pass. */
async function through(driver: FaultyDriver, { time }: SendingShop, round: Promise<unknown>): Promise<void> {
  let over = false;
  const end = round.finally(() => {
    over = true;
  });
  while (!over) {
    await driver.calm(() => over);
    if (!over) time.pass("1s");
  }
  await end;
}

async function numberOf(storage: SqlDriver, table: string): Promise<number> {
  const { rows } = await storage.execute({ sql: `select count(*) as n from ${table}`, parameters: [] });
  return Number(rows[0]?.["n"]);
}

const firstOf = async ({ shop }: SendingShop, postId: string) => {
  const [delivery] = (await shop.deliveries.list({ postId })).items;
  if (delivery === undefined) throw new Error("The post has no delivery.");
  return delivery;
};

describeEachDatabase("recovery of sending", (database) => {
  it("CHN-7: a write whose answer is lost is recognised when it comes again: nothing is put back twice", async () => {
    const driver = new FaultyDriver((await database()).connect());
    const w = sendingShop(driver, { script: [{ fail: "transient" }] });
    driver.onFault = () => w.time.jumpTo(new Date(w.time.now().getTime() + 1));
    const { segmentId } = await w.people(1, 1);
    const { postId } = await w.launch([segmentId], { post: { onUnknown: "retry" } });
    driver.fault = "answer-lost";
    await w.time.settle(w.kit);
    expect(driver.fault).toBeNull();
    expect(await numberOf(driver, "ck_delivery_ready")).toBe(1);
    await w.time.advance("1h", w.kit);
    expect(reached(w.mail)).toEqual({ "p1@example.com": 1 });
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 1, pending: 0 });
    await w.kit.stop();
  });

  it("CHN-7: an intent whose answer is lost is sent all the same, once", async () => {
    const driver = new FaultyDriver((await database()).connect());
    const w = sendingShop(driver);
    const { segmentId } = await w.people(1, 5);
    const { postId } = await w.launch([segmentId]);
    driver.fault = "answer-lost";
    await w.time.advance("1m", w.kit);
    expect(w.mail.attempts).toHaveLength(5);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 5, uncertain: 0 });
    await w.kit.stop();
  });

  it("CHN-7: results that can't be written leave the batch to the reaper: nothing is lost, and the lease is not held for ever", async () => {
    const driver = new FaultyDriver((await database()).connect());
    const w = sendingShop(driver, { script: () => "hold" });
    const { segmentId } = await w.people(1, 6);
    const { postId } = await w.launch([segmentId]);
    const round = w.time.settle(w.kit);
    await w.mail.untilHeld(6);
    driver.outage = true;
    w.mail.release();
    await through(driver, w, round);
    driver.outage = false;
    expect(w.time.log.filter(({ level }) => level === "error").length).toBeGreaterThan(0);
    await w.time.advance("2m", w.kit);
    const progress = await w.shop.posts.progress(postId);
    expect(progress).toMatchObject({ audience: 6, pending: 0, skipped: 0, failed: 0 });
    expect(progress.sent + progress.uncertain).toBe(6);
    expect(reached(w.mail)).toEqual(
      Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`p${n}@example.com`, 1])),
    );
    expect(await numberOf(driver, "ck_delivery_claims")).toBe(0);
    await w.kit.stop();
  });

  it("CHN-7: what a worker has put back before it is lost is not put back once more", async () => {
    const opened = await database();
    const driver = new FaultyDriver(opened.connect());
    const w = sendingShop(driver, {
      idempotency: "native",
      script: ({ message, attempt }) =>
        attempt > 1 ? "accept" : message.to?.address === "p1@example.com" ? { fail: "transient" } : "hold",
    });
    const { segmentId } = await w.people(1, 2);
    const { postId } = await w.launch([segmentId]);
    const lost = w.time.settle(w.kit);
    await w.mail.untilHeld(1);
    await driver.calm(() => false);
    w.time.jumpTo(new Date(w.time.now().getTime() + 40_000));
    const heir = createCampaignKit({
      storage: opened.connect(),
      channels: { mail: w.mail },
      runtime: w.time.runtime,
    });
    await w.time.settle(heir);
    expect(await numberOf(driver, "ck_delivery_ready")).toBe(0);
    expect(w.mail.attempts).toHaveLength(4);
    w.mail.release();
    await lost;
    await w.time.advance("1h", heir);
    expect(w.mail.attempts).toHaveLength(4);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 2, pending: 0 });
    await heir.stop();
    await w.kit.stop();
  });

  it("CHN-7: a claim made by a clock that was days ahead is taken over without waiting for those days", async () => {
    const opened = await database();
    const w = sendingShop(opened.connect(), { script: () => "hold" });
    const { segmentId } = await w.people(1, 2);
    w.time.jumpTo(new Date(w.time.now().getTime() + 3 * 86_400_000));
    const { postId } = await w.launch([segmentId]);
    const lost = w.time.settle(w.kit);
    await w.mail.untilHeld(2);
    w.time.jumpTo(new Date(w.time.now().getTime() - 3 * 86_400_000));
    const heir = createCampaignKit({
      storage: opened.connect(),
      channels: { mail: w.mail },
      runtime: w.time.runtime,
    });
    await w.time.settle(heir);
    expect(await heir.workspace("shop").posts.progress(postId)).toMatchObject({ pending: 0, uncertain: 2 });
    w.mail.release();
    await lost;
    await heir.stop();
    await w.kit.stop();
  });

  it("CHN-7: what a person sends again stays in doubt until it is out", async () => {
    const w = sendingShop((await database()).connect(), {
      script: [{ unknown: "accepted" }],
      limits: { concurrency: 1 },
    });
    const { segmentId } = await w.people(1, 1);
    const { campaignId, postId } = await w.launch([segmentId]);
    await w.time.settle(w.kit);
    await w.shop.campaigns.pause(campaignId);
    const { id } = await firstOf(w, postId);
    expect(await w.shop.deliveries.resolve(id, "retry")).toMatchObject({
      state: "pending",
      reason: "outcome-unknown",
    });
    await w.shop.campaigns.cancel(campaignId);
    await w.time.advance("1m", w.kit);
    expect(await w.shop.deliveries.get(id)).toMatchObject({ state: "uncertain", reason: "outcome-unknown" });
    expect(await w.shop.posts.progress(postId)).toMatchObject({ audience: 1, uncertain: 1, skipped: 0 });
    await w.kit.stop();
  });

  it("CHN-7: a channel that can be asked is asked again before a person's second attempt", async () => {
    const w = sendingShop((await database()).connect(), {
      idempotency: "lookup",
      script: [{ unknown: "accepted" }],
      lookupScript: Array.from({ length: 7 }, () => ({ fail: "transient" as const })),
    });
    const { segmentId } = await w.people(1, 1);
    const { postId } = await w.launch([segmentId]);
    await w.time.advance("1d", w.kit);
    const { id } = await firstOf(w, postId);
    expect(await w.shop.deliveries.get(id)).toMatchObject({
      state: "uncertain",
      reason: "attempts-exhausted",
    });
    await w.shop.deliveries.resolve(id, "retry");
    await w.time.advance("1m", w.kit);
    expect(reached(w.mail)).toEqual({ "p1@example.com": 1 });
    expect(await w.shop.deliveries.get(id)).toMatchObject({ state: "sent" });
    await w.kit.stop();
  });

  it("ANA-1: what a person declares sent is an event like any other that was sent", async () => {
    const w = sendingShop((await database()).connect(), { script: [{ unknown: "lost" }] });
    const { segmentId } = await w.people(1, 2);
    const { campaignId, postId } = await w.launch([segmentId]);
    await w.time.settle(w.kit);
    const [uncertain] = (await w.shop.deliveries.list({ postId, states: ["uncertain"] })).items;
    await w.shop.deliveries.resolve(uncertain?.id ?? "", "sent");
    const { items } = await w.shop.events.list({ campaignId, type: "sent" });
    expect(items.map(({ contactId, postId: of, channel }) => [contactId !== null, of, channel])).toEqual([
      [true, postId, "mail"],
      [true, postId, "mail"],
    ]);
    await w.kit.stop();
  });

  it("BUD-2: what may have gone out is paid for once, and stays paid when its campaign is cancelled", async () => {
    const w = sendingShop((await database()).connect(), {
      costMicros: 10_000,
      script: ({ attempt }) => (attempt < 3 ? { unknown: "lost" } : "accept"),
    });
    const { segmentId } = await w.people(1, 4);
    const committed = async (id: string) => (await w.shop.budgets.get(id)).total;
    const { campaignId } = await w.launch([segmentId], { post: { onUnknown: "retry" } });
    await w.time.settle(w.kit);
    expect(await committed(campaignId)).toMatchObject({
      committed: { amountMicros: 40_000 },
      reserved: { amountMicros: 0 },
    });
    await w.time.advance("1h", w.kit);
    expect(await committed(campaignId)).toMatchObject({
      committed: { amountMicros: 40_000 },
      reserved: { amountMicros: 0 },
    });
    const other = await w.launch([segmentId], { post: { onUnknown: "retry" } });
    await w.time.settle(w.kit);
    await w.shop.campaigns.cancel(other.campaignId);
    await w.time.advance("1h", w.kit);
    expect(await w.shop.posts.progress(other.postId)).toMatchObject({ uncertain: 4 });
    expect(await committed(other.campaignId)).toMatchObject({
      committed: { amountMicros: 40_000 },
      reserved: { amountMicros: 0 },
    });
    await w.kit.stop();
  });

  it("CAM-8: a message in doubt keeps its place under the cap until it is known that it did not go out", async () => {
    const w = sendingShop((await database()).connect(), { script: [{ unknown: "accepted" }] });
    const { version } = await w.shop.policies.get();
    await w.shop.policies.set({ version, maxEmailsPerContactPerWeek: 1 });
    const { segmentId } = await w.people(1, 1);
    await w.launch([segmentId], { post: { onUnknown: "retry" } });
    await w.time.settle(w.kit);
    const second = await w.launch([segmentId]);
    await w.time.settle(w.kit);
    expect((await w.shop.posts.progress(second.postId)).reasons.skipped).toEqual({ "frequency-cap": 1 });
    await w.kit.stop();
  });

  it("CAM-3: a campaign that comes to its end takes no more posts, and sends none again", async () => {
    const w = sendingShop((await database()).connect(), {
      script: [{ unknown: "lost" }, "hold"],
      limits: { concurrency: 2 },
    });
    const { segmentId } = await w.people(1, 2);
    const { campaignId, postId } = await w.launch([segmentId]);
    const round = w.time.settle(w.kit);
    await w.mail.untilHeld(1);
    await expect.poll(async () => (await w.shop.posts.progress(postId)).uncertain).toBe(1);
    await w.shop.campaigns.complete(campaignId);
    const refused = (work: Promise<unknown>) =>
      work.then(
        () => "done",
        (error: unknown) => (CampaignKitError.is(error, "CONFLICT") ? "refused" : error),
      );
    expect(
      await refused(w.shop.posts.create(campaignId, { channel: "mail", content: { text: "More" } })),
    ).toBe("refused");
    const [uncertain] = (await w.shop.deliveries.list({ postId, states: ["uncertain"] })).items;
    expect(await refused(w.shop.deliveries.resolve(uncertain?.id ?? "", "retry"))).toBe("refused");
    w.mail.release();
    await round;
    await w.time.advance("1m", w.kit);
    expect((await w.shop.campaigns.get(campaignId)).state).toBe("completed");
    await w.kit.stop();
  });
});
