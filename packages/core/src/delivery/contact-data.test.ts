import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const granted = [{ channel: "email" as const, state: "granted" as const, source: "form" }];

describeEachDatabase("what delivery knows about people", (database) => {
  it("AUD-1: is in a contact's export, goes along on a merge, and loses what the far side quoted on erasure", async () => {
    const time = virtualTime();
    const mail = scriptedChannel({ reach: "direct", script: [{ fail: "rejected-recipient" }] });
    const kit = createCampaignKit({ storage: (await database()).connect(), channels: { mail }, runtime: time.runtime });
    const shop = kit.workspace("shop");
    const ann = (await shop.contacts.upsert({ email: "ann@example.com", consents: granted })).contact;
    const segment = await shop.segments.create({ name: "All", kind: "static" });
    await shop.segments.addMembers(segment.id, [ann.id]);
    const campaign = await shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
      segmentIds: [segment.id],
    });
    await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hi" } });
    await shop.campaigns.launch(campaign.id);
    await time.settle(kit);
    const exported = await shop.contacts.exportContact(ann.id);
    expect(exported.more["deliveries"]).toMatchObject([{ contactId: ann.id, state: "failed", reason: "rejected-recipient" }]);

    const anna = (await shop.contacts.upsert({ email: "anna@example.com", consents: granted })).contact;
    await shop.contacts.merge({ from: ann.id, into: anna.id });
    expect((await shop.deliveries.list({ contactId: anna.id })).items).toMatchObject([{ state: "failed" }]);

    await shop.contacts.erase(anna.id);
    const [kept] = (await shop.deliveries.list({ contactId: anna.id })).items;
    expect(kept).toMatchObject({ state: "failed", error: null });
    await kit.stop();
  });
});
