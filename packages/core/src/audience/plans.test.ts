import { createCampaignKit, definePlugin, type Scope } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import {
  changePreferences,
  loadRecipients,
  selectRecipients,
  suppress,
  unsubscribeFromAll,
  viewPreferences,
  withdrawConsent,
} from "./index.ts";
import { watched } from "./plans.fixture.ts";
import { insertSuppressions } from "./suppressions/store.ts";

const LARGE = [
  "ck_contacts",
  "ck_contact_aliases",
  "ck_segment_members",
  "ck_consents",
  "ck_consent_log",
  "ck_suppressions",
  "ck_contact_changes",
  "ck_topic_choices",
  "ck_contact_cadences",
  "ck_preference_log",
  "ck_consent_requests",
];
const CONTACTS = 20_000;
const door = definePlugin({ id: "door", workspace: (scope: Scope) => scope });

describeEachDatabase("plans", (database, family) => {
  it("AUD-3: what is done often reads no whole workspace, however large", async () => {
    const time = virtualTime();
    const opened = await database();
    const watch = watched(opened.connect());
    const kit = createCampaignKit({
      storage: watch.driver,
      channels: {},
      plugins: { door },
      runtime: time.runtime,
      tracking: { baseUrl: "https://track.example" },
    });
    const shop = kit.workspace("shop");
    await shop.attributes.define({ name: "plan", type: "text" });
    await shop.preferences.topics.define({ key: "offers", name: "Offers" });
    const segments = [];
    for (const name of ["a", "b", "c"]) segments.push(await shop.segments.create({ kind: "static", name }));
    const person = (n: number) => ({
      externalId: `u${n}`,
      email: `p${n}@example.com`,
      attributes: { plan: n % 100 === 0 ? "pro" : "free" },
      consents: [{ channel: "email", state: "granted", source: "test" }] as const,
      topics: [{ topic: "offers", state: "opted-in", source: "test" }] as const,
    });
    for (const [index, { id }] of segments.entries()) {
      const half = Array.from({ length: CONTACTS / 4 }, (_, n) => person(n + (index * CONTACTS) / 4));
      await shop.contacts.import(half, { format: "objects", batchSize: 1_000, segmentId: id });
    }
    await shop.contacts.import(
      Array.from({ length: CONTACTS / 4 }, (_, n) => person(n + (3 * CONTACTS) / 4)),
      { format: "objects", batchSize: 1_000 },
    );
    const suppressions = Array.from(
      { length: 3_000 },
      (_, n) =>
        ({ channel: "email", address: `p${n * 5}@example.com`, reason: "manual", source: "test" }) as const,
    );
    await shop.plugins.door.write("audience:write", (unit) => insertSuppressions(unit, suppressions));
    const dynamic = await shop.segments.create({
      kind: "dynamic",
      name: "pro",
      criteria: { type: "attribute", name: "plan", test: { is: "equals", value: "pro" } },
    });
    watch.forget();

    const scope = shop.plugins.door;
    const segmentIds = [...segments, dynamic].map(({ id }) => id);
    const query = {
      workspaceId: "shop",
      segmentIds,
      address: "email",
      purpose: "marketing",
      wishes: { topic: "offers", now: 0 },
      limit: 500,
    } as const;
    await scope.read("audience:read", async (db) => {
      const first = await selectRecipients(db, { ...query, after: null });
      const after = first.at(-1)?.contactId ?? null;
      expect(await selectRecipients(db, { ...query, after })).toHaveLength(500);
      const contactIds = first.map(({ contactId }) => contactId);
      expect(await loadRecipients(db, { ...query, contactIds })).toHaveLength(500);
    });
    const one = (await shop.contacts.upsert({ externalId: "u1", firstName: "One" })).contact;
    await scope.write("audience:write", async (unit) => {
      await withdrawConsent(unit, {
        contactId: one.id,
        channel: "email",
        purpose: "marketing",
        source: "link",
      });
      await suppress(unit, {
        channel: "email",
        address: "p7777@example.com",
        reason: "complaint",
        source: "hook",
      });
    });
    await shop.contacts.upsertMany(
      Array.from({ length: 500 }, (_, n) => ({ ...person(n * 7), attributes: { plan: "pro" } })),
    );
    const contact = await shop.contacts.find({ email: "p300@example.com" });
    const id = contact?.id ?? "";
    await shop.contacts.update(id, { email: "new@example.com", firstName: "New" });
    await shop.contacts.list({ limit: 100, cursor: (await shop.contacts.list({ limit: 100 })).nextCursor });
    await shop.segments.members(dynamic.id, { limit: 10 });
    await shop.segments.removeMembers(segments[0]?.id ?? "", [id]);
    await shop.segments.addMembers(segments[1]?.id ?? "", [id]);
    await shop.consents.log(id);
    await shop.preferences.setTopic(id, { topic: "offers", state: "opted-out", source: "test" });
    await shop.preferences.setCadence(id, { channel: "email", maxPerWeek: 2, source: "test" });
    await shop.preferences.get(id);
    await shop.preferences.log(id);
    const { url } = await shop.consents.request(id, { channel: "email", purpose: "news", source: "test" });
    await kit.trackingHandler(new Request(url, { method: "POST", body: new URLSearchParams("confirm=yes") }));
    await scope.write("audience:write", async (unit) => {
      const key = { contactId: id, channel: "email", source: "test" } as const;
      await viewPreferences(unit.db, "shop", key);
      await changePreferences(unit, { ...key, topics: [{ key: "offers", chosen: true }] });
      await unsubscribeFromAll(unit, key);
    });
    await shop.contacts.merge({ into: id, from: one.id });
    await shop.contacts.exportContact(id);
    await shop.suppressions.list({ limit: 10 });
    // Brings the dynamic segment up to date with the changes above.
    await time.settle(kit);
    expect((await shop.segments.get(dynamic.id)).memberCount).toBeGreaterThan(dynamic.memberCount);
    // Without statistics, as in the first minutes of a table's life, and with them.
    expect(await watch.scans(LARGE)).toEqual([]);
    if (family === "postgres") await watch.driver.execute({ sql: "analyze", parameters: [] });
    expect(await watch.scans(LARGE)).toEqual([]);
    await kit.stop();
  });

  it("AUD-3: a segment that was filled a moment ago is refreshed in one look at each contact, not one for each other", async () => {
    const time = virtualTime();
    const opened = await database();
    const watch = watched(opened.connect());
    const kit = createCampaignKit({ storage: watch.driver, channels: {}, runtime: time.runtime });
    const shop = kit.workspace("shop");
    const people = Array.from({ length: 3_000 }, (_, n) => ({ externalId: `u${n}` }));
    await shop.contacts.import(people, { format: "objects", batchSize: 1_000 });
    const everybody = await shop.segments.create({
      kind: "dynamic",
      name: "Everybody",
      criteria: { type: "everyone" },
    });
    watch.forget();
    expect(await shop.segments.refresh(everybody.id)).toEqual({ joined: 0, left: 0 });
    if (family === "postgres") expect(await watch.loops(LARGE)).toEqual([]);
    await kit.stop();
  });
});
