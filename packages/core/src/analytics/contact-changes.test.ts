import { createCampaignKit, definePlugin, type Scope } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { recordEvents } from "./record.ts";

describeEachDatabase("events of contacts that change", (database) => {
  it("AUD-1, ANA-13: an erased person's events say nothing about them, and two contacts made one count once", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const campaign = await shop.campaigns.create({ name: "Spring", timeZone: "UTC", startsAt: time.now() });
    const contact = async (externalId: string) => (await shop.contacts.upsert({ externalId })).contact.id;
    const [ann, anna, bob] = [await contact("ann"), await contact("anna"), await contact("bob")];
    for (const [hour, contactId] of [ann, anna, bob, ann].entries()) {
      await shop.events.track({
        id: `click-${hour}`,
        type: "click",
        at: new Date(time.now().getTime() - hour * 3_600_000),
        campaignId: campaign.id,
        channel: hour < 2 ? "mail" : "web",
        contactId,
        properties: { note: "likes lamps" },
      });
    }
    const read = async () => (await shop.analytics.metrics({ campaignIds: [campaign.id] })).rows[0]?.metrics;
    expect(await read()).toMatchObject({ clicks: 4, uniqueClicks: 3 });
    await shop.contacts.merge({ into: ann, from: anna });
    expect(await read()).toMatchObject({ clicks: 4, uniqueClicks: 2 });
    expect(await shop.analytics.verifyRollups(campaign.id)).toMatchObject({ exact: true, events: 4 });
    expect((await shop.contacts.exportContact(ann)).more["events"]).toMatchObject([
      { id: "click-3", type: "click" },
      { id: "click-1", properties: { note: "likes lamps" } },
      { id: "click-0" },
    ]);
    await shop.contacts.erase(ann);
    expect(await read()).toMatchObject({ clicks: 4, uniqueClicks: 2 });
    const page = await shop.events.list({ contactId: ann });
    expect(page.items.map(({ id, properties }) => [id, properties])).toEqual([
      ["click-0", null],
      ["click-1", null],
      ["click-3", null],
    ]);
    expect((await shop.events.list({ contactId: bob })).items[0]?.properties).toEqual({
      note: "likes lamps",
    });
    await kit.stop();
  });

  it("AUD-1: the events of a deleted contact say nothing about them either, nor do those that came after a merge", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      runtime: time.runtime,
      plugins: { door: definePlugin<Scope>({ id: "door", workspace: (scope) => scope }) },
    });
    const shop = kit.workspace("shop");
    const contact = async (externalId: string) => (await shop.contacts.upsert({ externalId })).contact.id;
    const [ann, anna] = [await contact("ann"), await contact("anna")];
    await shop.contacts.merge({ into: ann, from: anna });
    const properties = { note: "likes lamps" };
    await shop.plugins.door.write("audience:write", (unit) =>
      recordEvents(unit, [
        { id: "before", type: "click", at: unit.now, contactId: ann, properties },
        { id: "later", type: "click", at: unit.now, contactId: ann, properties },
      ]),
    );
    // As if it had been under way when the merge was committed.
    await shop.plugins.door.write("audience:write", ({ db }) =>
      db
        .updateTable("ck_events")
        .set({ contact_id: anna })
        .where("workspace_id", "=", "shop")
        .where("id", "=", "later")
        .execute(),
    );
    expect((await shop.contacts.exportContact(ann)).more["events"]).toMatchObject([
      { id: "before", properties },
      { id: "later", properties },
    ]);
    await shop.contacts.delete(ann);
    for (const contactId of [ann, anna])
      expect((await shop.events.list({ contactId })).items).toMatchObject([{ properties: null }]);
    await kit.stop();
  });

  it("ANA-1: events are read back page by page, the latest first, and only in their own workspace", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const campaign = await shop.campaigns.create({ name: "Spring", timeZone: "UTC", startsAt: time.now() });
    const at = time.now();
    await shop.events.trackMany(
      ["c", "a", "b", "d"].map((id) => ({ id, type: "view", at, campaignId: campaign.id })),
    );
    const query = { campaignId: campaign.id, type: "view", limit: 3 };
    const first = await shop.events.list(query);
    const second = await shop.events.list({ ...query, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(["d", "c", "b", "a"]);
    expect(second.nextCursor).toBeNull();
    expect((await kit.workspace("other").events.list(query)).items).toEqual([]);
    for (const wrong of [{}, { campaignId: campaign.id }, { contactId: "ann" }, { ...query, cursor: "x" }]) {
      await expect((async () => shop.events.list(wrong as typeof query))()).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
      });
    }
    await kit.stop();
  });
});
