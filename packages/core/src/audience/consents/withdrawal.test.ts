import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { withdrawConsent } from "../index.ts";
import { openShop } from "../open-shop.fixture.ts";

const granted = { channel: "email", state: "granted", source: "form" } as const;
const withdrawn = { ...granted, state: "withdrawn", source: "link" } as const;

describeEachDatabase("withdrawals", (database) => {
  it("AUD-5: a withdrawal always wins, also over a grant by a host whose clock is ahead", async () => {
    const { kit, shop, scope, opened, time } = await openShop(database);
    const ahead = virtualTime({ startAt: new Date(time.now().getTime() + 86_400_000), seed: 2 });
    const other = createCampaignKit({ storage: opened.connect(), channels: {}, runtime: ahead.runtime });
    const consents = [granted];
    const { id } = (await other.workspace("shop").contacts.upsert({ externalId: "a", consents })).contact;
    await other.workspace("shop").contacts.upsert({ externalId: "b", consents });
    await other.workspace("shop").contacts.upsert({ externalId: "c", consents });
    const withdrawal = { contactId: id, channel: "email", purpose: "marketing", source: "link" } as const;
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(true);
    const b = (await shop.contacts.upsert({ externalId: "b", consents: [withdrawn] })).contact.id;
    const c = (await shop.contacts.upsert({ externalId: "c" })).contact.id;
    expect(await shop.consents.set(c, withdrawn)).toBe(true);
    for (const contactId of [id, b, c]) {
      // Not before what it ends, so that whatever is said in between does not come back.
      expect(await shop.consents.list(contactId)).toMatchObject([
        { state: "withdrawn", changedAt: ahead.now() },
      ]);
      expect((await shop.consents.log(contactId)).items.at(-1)).toMatchObject({
        state: "withdrawn",
        at: ahead.now(),
      });
    }
    await other.stop();
    await kit.stop();
  });

  it("AUD-5: of two statements in one call a withdrawal now wins over a grant dated ahead, and a merge keeps the stricter", async () => {
    const { kit, shop, time } = await openShop(database);
    const soon = new Date(time.now().getTime() + 60_000);
    const early = { ...granted, at: soon };
    const both = (await shop.contacts.upsert({ externalId: "a", consents: [early, withdrawn] })).contact.id;
    expect(await shop.consents.list(both)).toMatchObject([{ state: "withdrawn" }]);
    const into = (await shop.contacts.upsert({ externalId: "b", consents: [early] })).contact.id;
    const from = (
      await shop.contacts.upsert({ externalId: "c", consents: [{ ...granted, state: "pending" }] })
    ).contact.id;
    await shop.contacts.merge({ into, from });
    expect(await shop.consents.list(into)).toMatchObject([{ state: "pending", changedAt: soon }]);
    await kit.stop();
  });

  it("AUD-5: a statement from the future is refused at its path; clocks may differ by five minutes", async () => {
    const { kit, shop, time } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a" })).contact;
    const after = (ms: number) => ({ ...granted, at: new Date(time.now().getTime() + ms) });
    const refused = (path: readonly (string | number)[]) => ({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path, message: expect.stringContaining("future") }] },
    });
    const late = after(300_001);
    await expect(shop.consents.set(id, late)).rejects.toMatchObject(refused(["at"]));
    const consents = [granted, late];
    await expect(shop.contacts.upsert({ externalId: "b", consents })).rejects.toMatchObject(
      refused(["consents", 1, "at"]),
    );
    await expect(shop.contacts.update(id, { consents })).rejects.toMatchObject(
      refused(["consents", 1, "at"]),
    );
    const options = { format: "objects", consents: [late] } as const;
    await expect(shop.contacts.import([{ externalId: "c" }], options)).rejects.toMatchObject(
      refused(["consents", 0, "at"]),
    );
    expect(await shop.consents.set(id, after(300_000))).toBe(true);
    await kit.stop();
  });
});
