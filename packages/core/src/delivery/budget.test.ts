import { type CampaignInput, createCampaignKit, money } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { type SendScript, scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const eur = (amount: number | string) => money("EUR", amount);

/** A launched campaign with one post to twenty contacts, each message at one cent. */
async function sending(
  database: TestDatabase,
  budget: CampaignInput["budget"] & object,
  { script = () => "accept", engines = 1 }: { readonly script?: SendScript; readonly engines?: number } = {},
) {
  const time = virtualTime();
  const open = () => {
    const channel = scriptedChannel({ reach: "direct", costMicros: 10_000, script });
    const kit = createCampaignKit({
      storage: database.connect(),
      channels: { mail: channel },
      runtime: time.runtime,
      tracking: { baseUrl: "https://shop.example/t" },
    });
    return { channel, kit };
  };
  const first = open();
  await first.kit.migrate();
  const all = [first, ...Array.from({ length: engines - 1 }, open)];
  const { channel, kit } = first;
  const shop = kit.workspace("shop");
  const people: string[] = [];
  for (let n = 1; n <= 20; n++) {
    const { contact } = await shop.contacts.upsert({
      email: `p${n}@example.com`,
      consents: [{ channel: "email", state: "granted", source: "form" }],
    });
    people.push(contact.id);
  }
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  await shop.segments.addMembers(segment.id, people);
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "Europe/Berlin",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [segment.id],
    budget,
  });
  await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
  const stateOf = async () => (await shop.campaigns.get(campaign.id)).state;
  return { time, channel, kit, all, shop, campaignId: campaign.id, stateOf };
}

describeEachDatabase("sending on a budget", (database) => {
  it("BUD-3: sends what the total pays for, pauses, and goes on where it was when topped up", async () => {
    const { time, channel, kit, shop, campaignId, stateOf } = await sending(await database(), {
      total: eur("0.07"),
    });
    await shop.campaigns.launch(campaignId);
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(7);
    expect(await stateOf()).toBe("paused");
    await shop.budgets.set(campaignId, { total: eur("0.12") });
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(12);
    expect(await stateOf()).toBe("paused");
    await shop.budgets.set(campaignId, { total: null });
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(20);
    expect(await shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: eur("0.2"), reserved: eur(0) },
      channels: { mail: { committed: eur("0.2") } },
    });
    await kit.stop();
  });

  it("BUD-3: an exhausted channel waits in an active campaign, and goes on when the channel gets more", async () => {
    const { time, channel, kit, shop, campaignId, stateOf } = await sending(await database(), {
      total: eur(5),
    });
    await shop.budgets.set(campaignId, { channels: { mail: eur("0.05") } });
    await shop.campaigns.launch(campaignId);
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(5);
    expect(await stateOf()).toBe("active");
    await shop.budgets.set(campaignId, { channels: { mail: eur(1) } });
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(20);
    await kit.stop();
  });

  it("BUD-3: one lane that finds no money does not stop what another has paid for", async () => {
    const time = virtualTime();
    const mail = scriptedChannel({ reach: "direct", costMicros: 10_000 });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: { mail },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const { items } = await shop.contacts.upsertMany(
      Array.from({ length: 5 }, (_, n) => ({
        email: `p${n}@example.com`,
        consents: [{ channel: "email" as const, state: "granted" as const, source: "form" }],
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
      budget: { total: eur(1) },
    });
    await shop.budgets.set(campaign.id, { channels: { mail: eur("0.02") } });
    await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
    await shop.campaigns.launch(campaign.id);
    for (let rounds = 0; rounds < 50 && mail.accepted.length < 2; rounds++) await kit.tick();
    expect(mail.accepted).toHaveLength(2);
    await time.advance("1m", kit);
    expect(mail.attempts).toHaveLength(2);
    await kit.stop();
  });

  it("BUD-3: with the policy not to pause, the posts wait by themselves and go on when topped up", async () => {
    const { time, channel, kit, shop, campaignId, stateOf } = await sending(await database(), {
      total: eur("0.03"),
    });
    const { version } = await shop.policies.get();
    await shop.policies.set({ version, pauseWhenBudgetExhausted: false });
    await shop.campaigns.launch(campaignId);
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(3);
    expect(await stateOf()).toBe("active");
    await shop.budgets.set(campaignId, { total: eur(1) });
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(20);
    await kit.stop();
  });

  it("BUD-1: a daily limit spreads the sending over the days, each from its own midnight on", async () => {
    const { time, channel, kit, shop, campaignId, stateOf } = await sending(await database(), {
      daily: eur("0.06"),
    });
    await shop.campaigns.launch(campaignId);
    await time.advance("14h", kit);
    expect(channel.accepted).toHaveLength(6);
    expect(await stateOf()).toBe("active");
    const [post] = await shop.posts.list(campaignId);
    expect(post?.held).toMatchObject({ reason: "daily-budget", until: expect.any(Date) });
    expect(await shop.posts.progress(post?.id ?? "")).toMatchObject({
      estimatedEndAt: null,
      noEstimate: "daily-budget",
    });
    await time.advance("2h", kit);
    expect(channel.accepted).toHaveLength(12);
    await shop.budgets.set(campaignId, { daily: eur("0.07") });
    await time.advance("1h", kit);
    expect(channel.accepted).toHaveLength(13);
    await time.advance("1d", kit);
    expect(channel.accepted).toHaveLength(20);
    await kit.stop();
  });

  it("BUD-2: what is refused by the far side costs nothing, and its money goes to the next, to the last cent", async () => {
    const script: SendScript = ({ number }) => (number % 3 === 0 ? { fail: "rejected-recipient" } : "accept");
    const { time, channel, kit, shop, campaignId, stateOf } = await sending(
      await database(),
      { total: eur("0.07") },
      { script },
    );
    await shop.campaigns.launch(campaignId);
    await time.advance("2h", kit);
    expect(channel.accepted).toHaveLength(7);
    expect(await stateOf()).toBe("paused");
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({
      committed: eur("0.07"),
      reserved: eur(0),
    });
    await kit.stop();
  });

  it("BUD-2: several engines send from one budget: it is spent to the last message, never beyond, and they come to rest", async () => {
    const script: SendScript = ({ number }) =>
      number % 4 === 0 ? { fail: "transient", takes: "1s" } : "accept";
    const { time, all, shop, campaignId, stateOf } = await sending(
      await database(),
      { total: eur("0.11") },
      { script, engines: 3 },
    );
    await shop.campaigns.launch(campaignId);
    const kits = all.map(({ kit }) => kit);
    await time.advance("6h", ...kits);
    expect(all.reduce((sum, { channel }) => sum + channel.accepted.length, 0)).toBe(11);
    expect(await stateOf()).toBe("paused");
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({
      committed: eur("0.11"),
      reserved: eur(0),
      overspend: eur(0),
    });
    await shop.budgets.set(campaignId, { total: eur(1) });
    await time.advance("6h", ...kits);
    const addresses = all.flatMap(({ channel }) =>
      channel.accepted.map(({ message }) => message.to?.address),
    );
    expect(new Set(addresses).size).toBe(20);
    expect(addresses).toHaveLength(20);
    for (const kit of kits) await kit.stop();
  });
});
