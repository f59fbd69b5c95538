import { type CampaignKit, createCampaignKit, type SqlDriver } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import {
  type ScriptedChannelOptions,
  scriptedChannel,
  type VirtualTime,
  virtualTime,
} from "@campaignkit/testing";
import { expect, it } from "vitest";

interface World {
  readonly time: VirtualTime;
  readonly channel: ReturnType<typeof scriptedChannel>;
  readonly storage: SqlDriver;
  readonly kit: CampaignKit<{ mail: ReturnType<typeof scriptedChannel> }>;
  readonly shop: ReturnType<World["kit"]["workspace"]>;
  /** A launched campaign with one post to that many contacts who consented. */
  send(count: number): Promise<{ readonly campaignId: string; readonly postId: string }>;
}

async function world(
  database: TestDatabase,
  channelOptions: Partial<ScriptedChannelOptions> = {},
  post: { onUnknown?: "hold" | "retry" } = {},
): Promise<World> {
  const time = virtualTime();
  const channel = scriptedChannel({ reach: "direct", ...channelOptions });
  const storage = database.connect();
  const kit = createCampaignKit({
    storage,
    channels: { mail: channel },
    runtime: time.runtime,
    tracking: { baseUrl: "https://shop.example/t" },
  });
  const shop = kit.workspace("shop");
  return {
    time,
    channel,
    storage,
    kit,
    shop,
    async send(count) {
      const people = [];
      for (let n = 1; n <= count; n++) {
        const { contact } = await shop.contacts.upsert({
          email: `p${n}@example.com`,
          firstName: `P${n}`,
          consents: [{ channel: "email", state: "granted", source: "form" }],
        });
        people.push(contact.id);
      }
      const segment = await shop.segments.create({ name: "All", kind: "static" });
      if (people.length > 0) await shop.segments.addMembers(segment.id, people);
      const campaign = await shop.campaigns.create({
        name: "Spring",
        timeZone: "Europe/Berlin",
        startsAt: time.now(),
        channels: ["mail"],
        segmentIds: [segment.id],
      });
      const created = await shop.posts.create(campaign.id, {
        channel: "mail",
        content: { text: "Hello {{ firstName }}" },
        ...post,
      });
      await shop.campaigns.launch(campaign.id);
      return { campaignId: campaign.id, postId: created.id };
    },
  };
}

const addressesOf = ({ channel }: World): readonly (string | undefined)[] =>
  channel.accepted.map(({ message }) => message.to?.address).sort();

/** How many intents stand. */
async function sendingCount(storage: SqlDriver): Promise<number> {
  const { rows } = await storage.execute({
    sql: "select count(*) as n from ck_deliveries where state = 'sending'",
    parameters: [],
  });
  return Number(rows[0]?.["n"]);
}

/** Until when the only post rests, in epoch milliseconds. */
async function restsUntil(storage: SqlDriver): Promise<number> {
  const { rows } = await storage.execute({ sql: "select next_at from ck_dispatches", parameters: [] });
  return Number(rows[0]?.["next_at"]);
}

describeEachDatabase("delivery", (database) => {
  it("CHN-7: sends a launched campaign's post to everybody once, and finishes it", async () => {
    const w = await world(await database());
    const finished: unknown[] = [];
    w.kit.on("post.finished", (event) => void finished.push(event.sent));
    const { postId } = await w.send(45);
    await w.time.settle(w.kit);
    expect(w.channel.accepted).toHaveLength(45);
    expect(new Set(addressesOf(w)).size).toBe(45);
    expect(await w.shop.posts.progress(postId)).toMatchObject({
      audience: 45,
      sent: 45,
      pending: 0,
      failed: 0,
      skipped: 0,
      uncertain: 0,
    });
    await w.time.advance("5s", w.kit);
    expect((await w.shop.posts.get(postId)).state).toBe("sent");
    expect(finished).toEqual([45]);
    await w.kit.stop();
  });

  it("AUD-5: skips who did not consent, is suppressed or has no address, each with the reason, and the outcomes add up", async () => {
    const w = await world(await database());
    const consents = [{ channel: "email" as const, state: "granted" as const, source: "form" }];
    const people = [
      await w.shop.contacts.upsert({ email: "yes@example.com", firstName: "Yes", consents }),
      await w.shop.contacts.upsert({ email: "silent@example.com", firstName: "Silent" }),
      await w.shop.contacts.upsert({ externalId: "no-mail", firstName: "None", consents }),
      await w.shop.contacts.upsert({ email: "bounced@example.com", firstName: "B", consents }),
      await w.shop.contacts.upsert({ email: "nameless@example.com", consents }),
    ];
    await w.shop.suppressions.add({
      channel: "email",
      address: "bounced@example.com",
      reason: "hard-bounce",
      source: "dsn",
    });
    const segment = await w.shop.segments.create({ name: "All", kind: "static" });
    await w.shop.segments.addMembers(
      segment.id,
      people.map(({ contact }) => contact.id),
    );
    const campaign = await w.shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: w.time.now(),
      channels: ["mail"],
      segmentIds: [segment.id],
    });
    const post = await w.shop.posts.create(campaign.id, {
      channel: "mail",
      content: { text: "Hi {{ firstName }}" },
    });
    await w.shop.campaigns.launch(campaign.id);
    await w.time.settle(w.kit);
    const progress = await w.shop.posts.progress(post.id);
    expect(progress).toMatchObject({ audience: 5, sent: 1, skipped: 4 });
    expect(progress.reasons.skipped).toEqual({
      "no-consent": 1,
      "no-address": 1,
      suppressed: 1,
      "missing-field": 1,
    });
    await w.kit.stop();
  });

  it("CHN-8: tries again what certainly did not go out, and gives up with the reason", async () => {
    const w = await world(await database(), {
      script: ({ message, attempt }) =>
        message.to?.address === "p1@example.com" && attempt < 3
          ? { fail: "transient" }
          : message.to?.address === "p2@example.com"
            ? { fail: "rejected-recipient" }
            : "accept",
    });
    const { postId } = await w.send(3);
    await w.time.advance("3h", w.kit);
    expect(addressesOf(w)).toEqual(["p1@example.com", "p3@example.com"]);
    const progress = await w.shop.posts.progress(postId);
    expect(progress).toMatchObject({
      audience: 3,
      sent: 2,
      failed: 1,
      reasons: { failed: { "rejected-recipient": 1 } },
    });
    await w.kit.stop();
  });

  it("CHN-7: an unknown outcome is uncertain under hold, and never sent again until a person says so", async () => {
    const w = await world(await database(), { script: [{ unknown: "lost" }] });
    const { postId } = await w.send(1);
    await w.time.advance("2d", w.kit);
    expect(w.channel.attempts).toHaveLength(1);
    expect(await w.shop.posts.progress(postId)).toMatchObject({
      uncertain: 1,
      reasons: { uncertain: { "outcome-unknown": 1 } },
    });
    const [delivery] = (await w.shop.deliveries.list({ postId, states: ["uncertain"] })).items;
    await w.shop.deliveries.resolve(delivery?.id ?? "", "retry");
    await w.time.advance("1m", w.kit);
    expect(w.channel.accepted).toHaveLength(1);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ audience: 1, sent: 1, uncertain: 0 });
    await w.kit.stop();
  });

  it("CHN-7: under retry an unknown outcome is sent again; an idempotent channel sends it once all the same", async () => {
    const retrying = await world(
      await database(),
      { script: [{ unknown: "accepted" }] },
      { onUnknown: "retry" },
    );
    await retrying.send(1);
    await retrying.time.advance("1h", retrying.kit);
    expect(retrying.channel.accepted).toHaveLength(2);
    await retrying.kit.stop();
    const native = await world(await database(), {
      script: [{ unknown: "accepted" }],
      idempotency: "native",
    });
    const { postId } = await native.send(1);
    await native.time.advance("1h", native.kit);
    expect(native.channel.accepted).toHaveLength(1);
    expect(await native.shop.posts.progress(postId)).toMatchObject({ sent: 1, uncertain: 0 });
    await native.kit.stop();
  });

  it("CHN-7: a channel that can be asked is asked before anything is sent again", async () => {
    const w = await world(await database(), { script: [{ unknown: "accepted" }], idempotency: "lookup" });
    const { postId } = await w.send(1);
    await w.time.advance("1h", w.kit);
    expect(w.channel.accepted).toHaveLength(1);
    expect(w.channel.lookups).toHaveLength(1);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 1 });
    await w.kit.stop();
  });

  it("CHN-7: a call that takes longer than the lease keeps its claim, and nobody else sends the message", async () => {
    const w = await world(
      await database(),
      { script: () => ({ accept: {}, takes: "50s" }) },
      { onUnknown: "retry" },
    );
    const { postId } = await w.send(3);
    await w.time.advance("10m", w.kit);
    expect(w.channel.attempts).toHaveLength(3);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 3, uncertain: 0 });
    await w.kit.stop();
  });

  it("CHN-7: what may have gone out already is uncertain when its campaign is cancelled, not skipped", async () => {
    const w = await world(await database(), { script: [{ unknown: "accepted" }] }, { onUnknown: "retry" });
    const { campaignId, postId } = await w.send(1);
    await w.time.settle(w.kit);
    await w.shop.campaigns.cancel(campaignId, { reason: "sold out" });
    await w.time.advance("1h", w.kit);
    expect(w.channel.accepted).toHaveLength(1);
    const progress = await w.shop.posts.progress(postId);
    expect(progress).toMatchObject({ audience: 1, skipped: 0, uncertain: 1 });
    expect(progress.reasons.uncertain).toEqual({ "outcome-unknown": 1 });
    await w.kit.stop();
  });

  it("CHN-7: a look-up without an answer leaves the outcome unknown, whatever error it gives", async () => {
    const w = await world(await database(), {
      script: [{ unknown: "accepted" }],
      idempotency: "lookup",
      lookupScript: [{ fail: "rejected-content" }],
    });
    const { postId } = await w.send(1);
    await w.time.advance("3h", w.kit);
    expect(w.channel.accepted).toHaveLength(1);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 1, failed: 0 });
    await w.kit.stop();
  });

  it("CHN-8: the wait before another attempt begins where the host says", async () => {
    const time = virtualTime();
    const mail = scriptedChannel({ reach: "public", script: [{ fail: "transient" }, { fail: "transient" }] });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: { mail },
      runtime: time.runtime,
      workers: { retryBaseMs: 2_000 },
    });
    const { campaigns, posts } = kit.workspace("shop");
    const campaign = await campaigns.create({
      name: "Spring",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
    });
    await posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
    await campaigns.launch(campaign.id);
    await time.settle(kit);
    expect(mail.attempts).toHaveLength(1);
    await time.advance("2s", kit);
    expect(mail.attempts).toHaveLength(2);
    await time.advance("4s", kit);
    expect(mail.accepted).toHaveLength(1);
    await kit.stop();
  });

  it("CHN-8: a rate limit rests the channel and fails nobody", async () => {
    const w = await world(await database(), {
      script: [{ fail: "rate-limited", retryAfterMs: 60_000 }],
      limits: { concurrency: 1 },
    });
    const { postId } = await w.send(3);
    await w.time.advance("10m", w.kit);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 3, failed: 0 });
    await w.kit.stop();
  });

  it("CHN-8: a broken account holds the post until it is mended and resumed", async () => {
    const w = await world(await database(), { script: [{ fail: "auth" }], limits: { concurrency: 1 } });
    const held: string[] = [];
    w.kit.on("post.held", ({ reason }) => void held.push(reason));
    const { postId } = await w.send(2);
    await w.time.advance("1d", w.kit);
    expect(held).toEqual(["auth"]);
    expect((await w.shop.posts.progress(postId)).pending).toBeGreaterThan(0);
    await w.shop.posts.resume(postId);
    await w.time.advance("1m", w.kit);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 2, pending: 0 });
    await w.kit.stop();
  });

  it("CHN-10: a pause takes effect within one batch, and resuming sends the rest, nobody twice", async () => {
    const w = await world(await database(), { script: () => "hold", limits: { concurrency: 4 } });
    const { campaignId, postId } = await w.send(60);
    const round = w.time.settle(w.kit);
    await w.channel.untilHeld(4);
    await w.shop.campaigns.pause(campaignId, { reason: "typo" });
    const release = setInterval(() => w.channel.release(), 1);
    await round;
    const afterPause = w.channel.accepted.length;
    expect(afterPause).toBeLessThanOrEqual(45);
    await w.time.advance("1h", w.kit);
    expect(w.channel.accepted).toHaveLength(afterPause);
    await w.shop.campaigns.resume(campaignId);
    await w.time.settle(w.kit);
    clearInterval(release);
    expect(new Set(addressesOf(w)).size).toBe(60);
    expect(w.channel.accepted).toHaveLength(60);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ audience: 60, sent: 60 });
    await w.kit.stop();
  });

  it("CAM-3: cancelling skips what has not gone out, with the reason", async () => {
    const w = await world(await database(), { limits: { concurrency: 4, perSecond: 5 } });
    const { campaignId, postId } = await w.send(30);
    await w.time.settle(w.kit);
    const sent = w.channel.accepted.length;
    expect(sent).toBeLessThan(30);
    await w.shop.campaigns.cancel(campaignId, { reason: "sold out" });
    await w.time.advance("1m", w.kit);
    expect(w.channel.accepted).toHaveLength(sent);
    expect(await w.shop.posts.progress(postId)).toMatchObject({
      audience: 30,
      sent,
      skipped: 30 - sent,
      pending: 0,
    });
    expect((await w.shop.posts.progress(postId)).reasons.skipped).toEqual({
      "campaign-cancelled": 30 - sent,
    });
    expect((await w.shop.posts.get(postId)).state).toBe("cancelled");
    await w.kit.stop();
  });

  it("CHN-9: keeps to the rate of the channel, however fast the far side is", async () => {
    const w = await world(await database(), { limits: { concurrency: 10, perSecond: 10 } });
    await w.send(35);
    await w.time.settle(w.kit);
    expect(w.channel.accepted.length).toBeLessThanOrEqual(10);
    await w.time.advance("1s", w.kit);
    expect(w.channel.accepted.length).toBeLessThanOrEqual(20);
    await w.time.advance("3s", w.kit);
    expect(w.channel.accepted).toHaveLength(35);
    await w.kit.stop();
  });

  it("CAM-8: nobody gets more than three e-mails in a week, over all campaigns", async () => {
    const w = await world(await database());
    const first = await w.send(2);
    await w.time.settle(w.kit);
    const posts = [];
    for (let n = 0; n < 3; n++) {
      posts.push(
        await w.shop.posts.create(first.campaignId, { channel: "mail", content: { text: `More ${n}` } }),
      );
      await w.time.advance("1h", w.kit);
    }
    expect(w.channel.accepted).toHaveLength(6);
    expect(await w.shop.posts.progress(posts[2]?.id ?? "")).toMatchObject({
      skipped: 2,
      reasons: { skipped: { "frequency-cap": 2 } },
    });
    await w.time.advance("7d", w.kit);
    await w.shop.posts.create(first.campaignId, { channel: "mail", content: { text: "Next week" } });
    await w.time.advance("1h", w.kit);
    expect(w.channel.accepted).toHaveLength(8);
    await w.kit.stop();
  });

  it("CNT-5: a post to more recipients than the policy allows waits for an approval, and a change takes the approval away", async () => {
    const w = await world(await database());
    const { version } = await w.shop.policies.get();
    await w.shop.policies.set({ version, approvalRequiredAbove: 3 });
    const { postId } = await w.send(4);
    await w.time.settle(w.kit);
    expect((await w.shop.posts.get(postId)).state).toBe("awaiting-approval");
    expect(w.channel.accepted).toHaveLength(0);
    const waiting = await w.shop.posts.get(postId);
    await w.shop.posts.approve(postId, waiting.version);
    await w.time.settle(w.kit);
    expect(w.channel.accepted).toHaveLength(4);
    await w.kit.stop();
  });

  it("ANA-1: what was sent is an event, once, and the result shows it", async () => {
    const w = await world(await database());
    const { campaignId } = await w.send(5);
    await w.time.settle(w.kit);
    const rows = await w.storage.execute({
      sql: "select count(*) as n from ck_events where type = 'sent'",
      parameters: [],
    });
    expect(Number(rows.rows[0]?.["n"])).toBe(5);
    expect(campaignId).toBeTruthy();
    await w.kit.stop();
  });

  it("CHN-7: what a lost worker had in hand is taken over: uncertain where an intent was written, sent by another where not", async () => {
    const db = await database();
    const w = await world(db, { script: () => "hold", limits: { concurrency: 3 } });
    const { postId } = await w.send(50);
    const lost = w.time.settle(w.kit);
    await w.channel.untilHeld(3);
    await expect.poll(() => sendingCount(w.storage)).toBe(20);
    // Its other lane has found nothing and rests, too: else it would take over what the first had in hand.
    const now = w.time.now().getTime();
    await expect.poll(() => restsUntil(w.storage)).toBeGreaterThan(now);
    // A second process takes over after the first has fallen silent for longer than its lease.
    const heir = scriptedChannel({ reach: "direct" });
    const other = createCampaignKit({
      storage: db.connect(),
      channels: { mail: heir },
      runtime: w.time.runtime,
    });
    w.time.jumpTo(new Date(w.time.now().getTime() + 40_000));
    await w.time.advance("5s", other);
    const uncertain = (await other.workspace("shop").posts.progress(postId)).uncertain;
    expect(uncertain).toBe(20);
    expect(heir.accepted).toHaveLength(30);
    // The first comes back: what it knows to be accepted is the truth, and it starts nothing more.
    const release = setInterval(() => w.channel.release(), 1);
    await lost;
    clearInterval(release);
    await w.time.settle(other);
    const progress = await other.workspace("shop").posts.progress(postId);
    expect(w.channel.accepted.length).toBeLessThanOrEqual(uncertain);
    expect(progress).toMatchObject({ audience: 50, pending: 0 });
    expect(progress.sent).toBe(heir.accepted.length + w.channel.accepted.length);
    const everyone = [...w.channel.accepted, ...heir.accepted].map(({ message }) => message.to?.address);
    expect(new Set(everyone).size).toBe(everyone.length);
    await other.stop();
    await w.kit.stop();
  });

  it("CAM-3: a post that ends as its campaign is cancelled is not looked after for ever", async () => {
    const w = await world(await database());
    const { campaignId, postId } = await w.send(2);
    await w.time.settle(w.kit);
    await w.shop.campaigns.cancel(campaignId, { reason: "done" });
    await w.time.advance("1h", w.kit);
    expect((await w.kit.tick()).worked).toBe(false);
    const jobs = await w.storage.execute({ sql: "select kind from ck_jobs", parameters: [] });
    expect(jobs.rows).toEqual([]);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ audience: 2, sent: 2, pending: 0 });
    await w.kit.stop();
  });

  it("CNT-5: a change of the purpose takes the approval away", async () => {
    const w = await world(await database());
    const campaign = await w.shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: w.time.now(),
      channels: ["mail"],
    });
    const post = await w.shop.posts.create(campaign.id, { channel: "mail", content: { text: "A" } });
    const approved = await w.kit.workspace("shop", { actor: "ann" }).posts.approve(post.id, post.version);
    expect(approved.approvedBy).toBe("ann");
    const changed = await w.shop.posts.update(post.id, {
      version: approved.version,
      purpose: "transactional",
    });
    expect(changed.approvedBy).toBeNull();
    await w.kit.stop();
  });

  it("BUD-5: what the far side charges is booked, also where the channel names no price", async () => {
    const w = await world(await database(), { script: () => ({ accept: { costMicros: 7_000 } }) });
    const { campaignId } = await w.send(3);
    await w.time.settle(w.kit);
    expect((await w.shop.budgets.get(campaignId)).total.committed.amountMicros).toBe(21_000);
    await w.kit.stop();
  });
});
