import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import {
  countRecipients,
  loadRecipients,
  type RecipientChoice,
  selectRecipients,
  suppress,
  withdrawConsent,
} from "../index.ts";
import { openShop } from "../open-shop.fixture.ts";

const granted = { channel: "email", state: "granted", source: "form" } as const;

describeEachDatabase("recipients", (database) => {
  it("AUD-5: selects the union of segments once each, with the reason of every skip", async () => {
    const { kit, shop, scope } = await openShop(database);
    const ann = await shop.contacts.upsert({
      email: "Ann@Example.com",
      consents: [granted],
      timeZone: "Europe/Berlin",
    });
    const bob = await shop.contacts.upsert({ email: "bob@example.com" });
    const cid = await shop.contacts.upsert({ externalId: "cid" });
    const dan = await shop.contacts.upsert({ email: "dan@example.com", consents: [granted] });
    const eve = await shop.contacts.upsert({ email: "eve@example.com", consents: [granted] });
    const ids = [ann, bob, cid, dan, eve].map(({ contact }) => contact.id);
    const one = await shop.segments.create({ name: "one", kind: "static" });
    const two = await shop.segments.create({ name: "two", kind: "static" });
    expect(await shop.segments.addMembers(one.id, ids.slice(0, 4))).toEqual({
      added: 4,
      already: 0,
      unknown: [],
    });
    expect(await shop.segments.addMembers(two.id, ids.slice(2))).toEqual({
      added: 3,
      already: 0,
      unknown: [],
    });
    await scope.write("audience:write", async (unit) => {
      const order = {
        channel: "email",
        address: "DAN@EXAMPLE.COM",
        reason: "hard-bounce",
        source: "webhook",
      } as const;
      expect(await suppress(unit, order)).toBe(true);
      expect(await suppress(unit, order)).toBe(false);
      const withdrawal = {
        contactId: eve.contact.id,
        channel: "email",
        purpose: "marketing",
        source: "one-click",
      } as const;
      expect(await withdrawConsent(unit, withdrawal)).toBe(true);
      expect(await withdrawConsent(unit, withdrawal)).toBe(false);
    });
    const query = {
      workspaceId: "shop",
      segmentIds: [one.id, two.id],
      address: "email",
      purpose: "marketing",
      wishes: null,
      limit: 2,
    } as const;
    const seen: RecipientChoice[] = [];
    await scope.read("audience:read", async (db) => {
      expect(await countRecipients(db, query)).toBe(5);
      for (let after: string | null = null; ; ) {
        const page = await selectRecipients(db, { ...query, after });
        if (page.length === 0) break;
        seen.push(...page);
        after = page.at(-1)?.contactId ?? null;
      }
    });
    const [first, second] = [one.id, two.id];
    expect(seen).toEqual([
      { contactId: ids[0], segmentIds: [first], skip: null, timeZone: "Europe/Berlin" },
      { contactId: ids[1], segmentIds: [first], skip: "no-consent", timeZone: null },
      { contactId: ids[2], segmentIds: [first, second].sort(), skip: "no-address", timeZone: null },
      { contactId: ids[3], segmentIds: [first, second].sort(), skip: "suppressed", timeZone: null },
      { contactId: ids[4], segmentIds: [second], skip: "consent-withdrawn", timeZone: null },
    ]);
    const { workspaceId, address, purpose } = query;
    const loaded = await scope.read("audience:read", (db) =>
      loadRecipients(db, {
        workspaceId,
        address,
        purpose,
        wishes: null,
        contactIds: [...ids, ids[0]?.replace(/.$/, "x") ?? ""].slice(0, 5),
      }),
    );
    expect([...loaded].map(([id, { skip }]) => [id, skip]).sort()).toEqual(
      seen.map(({ contactId, skip }) => [contactId, skip]),
    );
    expect(loaded.get(ids[0] ?? "")?.recipient).toEqual({
      contactId: ids[0],
      address: "Ann@Example.com",
      externalId: null,
      firstName: null,
      lastName: null,
      locale: null,
      timeZone: "Europe/Berlin",
      attributes: {},
    });
    await kit.stop();
  });
});
