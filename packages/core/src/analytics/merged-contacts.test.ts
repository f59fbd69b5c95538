import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { hostsOf } from "@campaignkit/test-support/host-transactions";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const consents = [{ channel: "email", state: "granted", source: "form" }] as const;

/** A shop that has written to Ann and to Anna, who will turn out to be one person. */
async function written(database: TestDatabase) {
  const time = virtualTime();
  const mail = scriptedChannel({ reach: "direct" });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { mail },
    runtime: time.runtime,
    tracking: { baseUrl: "https://shop.example/t", clickParameter: "ck" },
  });
  const shop = kit.workspace("shop");
  const person = async (name: string): Promise<string> =>
    (await shop.contacts.upsert({ externalId: name, email: `${name}@example.com`, consents })).contact.id;
  const [ann, anna] = [await person("ann"), await person("anna")];
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  await shop.segments.addMembers(segment.id, [ann, anna]);
  const campaign = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["mail"],
    segmentIds: [segment.id],
  });
  await shop.posts.create(campaign.id, { channel: "mail", content: { text: "See https://shop.example/a" } });
  await shop.campaigns.launch(campaign.id);
  // People do not follow a link in the moment of the send.
  await time.advance("1m", kit);
  const message = (name: string) => {
    const found = mail.accepted.find(({ message: { to } }) => to?.address === `${name}@example.com`);
    if (found === undefined) throw new Error(`Nothing was sent to ${name}.`);
    return found.message;
  };
  const get = (url: string | null | undefined, init?: RequestInit) =>
    kit.trackingHandler(new Request(url ?? "", init));
  const figures = async () =>
    (await shop.analytics.metrics({ campaignIds: [campaign.id] })).rows[0]?.metrics ?? {};
  return { time, kit, shop, campaign, ann, anna, message, get, figures };
}

describeEachDatabase("events of merged contacts", (database) => {
  it("AUD-1, ANA-1: what follows from an older message counts for the contact that stayed", async () => {
    const w = await written(await database());
    const [ofAnn, ofAnna] = [w.message("ann"), w.message("anna")];
    await w.get(ofAnn.links[0]);
    await w.shop.contacts.merge({ into: w.ann, from: w.anna });
    await w.time.advance("1h", w.kit);

    const click = await w.get(ofAnna.links[0]);
    await w.get(ofAnna.openUrl);
    const clickToken = new URL(click.headers.get("location") ?? "").searchParams.get("ck");
    await w.shop.events.track({ id: "order", type: "conversion", clickToken });
    await w.shop.events.track({
      id: "call",
      type: "conversion",
      contactId: w.anna,
      campaignId: w.campaign.id,
    });
    expect(await w.figures()).toMatchObject({
      clicks: 2,
      uniqueClicks: 1,
      uniqueOpens: 1,
      converters: 1,
      reach: 1,
    });
    const { items } = await w.shop.events.list({ contactId: w.ann });
    expect(items.map(({ type }) => type).sort()).toEqual([
      "click",
      "click",
      "conversion",
      "conversion",
      "open",
      "sent",
      "sent",
    ]);
    expect((await w.shop.events.list({ contactId: w.anna })).items).toEqual([]);

    await w.get(ofAnna.unsubscribeUrl, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
    });
    expect(await w.figures()).toMatchObject({ unsubscribes: 1 });
    expect((await w.shop.events.list({ contactId: w.ann, type: "unsubscribe" })).items).toHaveLength(1);
    expect(await w.shop.analytics.verifyRollups(w.campaign.id)).toMatchObject({ exact: true, events: 8 });
    await w.kit.stop();
  });

  it("AUD-1, ANA-1: an event of an id that went elsewhere and then further counts for who is there in the end", async () => {
    const w = await written(await database());
    const ofAnna = w.message("anna");
    const { contact: last } = await w.shop.contacts.upsert({ externalId: "anna-b" });
    await w.shop.contacts.merge({ into: w.ann, from: w.anna });
    await w.shop.contacts.merge({ into: last.id, from: w.ann });
    await w.get(ofAnna.links[0]);
    expect((await w.shop.events.list({ contactId: last.id, type: "click" })).items).toHaveLength(1);
    const gone = { type: "click", contactId: w.anna } as const;
    await w.shop.contacts.delete(last.id);
    await expect(w.shop.events.track(gone)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["contactId"] }] },
    });
    await w.kit.stop();
  });

  it("AUD-1, ANA-13: what was being recorded while the merge was committed follows a moment later", async () => {
    const opened = await database();
    const w = await written(opened);
    const hosts = await hostsOf(opened);
    const click = { id: "late", type: "click", campaignId: w.campaign.id } as const;
    const merge = () => w.shop.contacts.merge({ into: w.ann, from: w.anna });
    await hosts[0]?.transact(async ({ handle }) => {
      await w.shop.within(handle).events.track({ ...click, contactId: w.anna });
      // On SQLite the one writer has to come to its end first.
      if (opened.family === "postgres") await merge();
    }, "commit");
    if (opened.family === "sqlite") await merge();
    await w.time.advance("2m", w.kit);
    expect((await w.shop.events.list({ contactId: w.anna })).items).toEqual([]);
    expect((await w.shop.events.list({ contactId: w.ann, type: "click" })).items).toMatchObject([
      { id: "late" },
    ]);
    expect(await w.shop.analytics.verifyRollups(w.campaign.id)).toMatchObject({ exact: true });
    for (const host of hosts) await host.close();
    await w.kit.stop();
  });
});
