import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { withdrawConsent } from "../index.ts";
import { openShop } from "../open-shop.fixture.ts";

const granted = { channel: "email", state: "granted", source: "form" } as const;

describeEachDatabase("contacts that were merged", (database) => {
  it("AUD-1, AUD-5: go on under the id of the one that stayed, however many merges ago", async () => {
    const { kit, shop, scope, otherScope } = await openShop(database);
    const person = async (externalId: string): Promise<string> =>
      (await shop.contacts.upsert({ externalId, consents: [granted] })).contact.id;
    const [a, b, c] = [await person("a"), await person("b"), await person("c")];
    await shop.contacts.merge({ from: a, into: b });
    await shop.contacts.merge({ from: b, into: c });
    for (const id of [a, b, c]) expect((await shop.contacts.exportContact(id)).contact.id).toBe(c);
    const withdrawal = { contactId: a, channel: "email", purpose: "marketing", source: "link" } as const;
    const told: unknown[] = [];
    kit.on("consent.changed", (event) => void told.push([event.contactId, event.state]));
    expect(await otherScope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(true);
    expect(await shop.consents.list(c)).toMatchObject([{ state: "withdrawn", source: "link" }]);
    expect(told).toEqual([[c, "withdrawn"]]);
    expect(await shop.contacts.erase(a)).toBe(true);
    expect(await shop.contacts.erase(b)).toBe(false);
    expect((await shop.contacts.get(c)).erasedAt).not.toBeNull();
    await kit.stop();
  });

  it("AUD-1: a merged contact whose survivor was deleted is nobody", async () => {
    const { kit, shop, scope } = await openShop(database);
    const [from, into] = [
      (await shop.contacts.upsert({ externalId: "a" })).contact.id,
      (await shop.contacts.upsert({ externalId: "b" })).contact.id,
    ];
    await shop.contacts.merge({ from, into });
    await shop.contacts.delete(into);
    const missing = { code: "NOT_FOUND", details: { entity: "contact", id: from } };
    await expect(shop.contacts.exportContact(from)).rejects.toMatchObject(missing);
    await expect(shop.contacts.erase(from)).rejects.toMatchObject(missing);
    const withdrawal = { contactId: from, channel: "email", purpose: "marketing", source: "link" } as const;
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    await kit.stop();
  });
});
