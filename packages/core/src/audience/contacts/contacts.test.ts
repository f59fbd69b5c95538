import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { openShop } from "../open-shop.fixture.ts";

const granted = { channel: "email", state: "granted", source: "form" } as const;

describeEachDatabase("contacts", (database) => {
  it("AUD-1: an upsert goes by external id first, then by address, and changes only what it says", async () => {
    const { kit, shop, time } = await openShop(database);
    const events: unknown[] = [];
    kit.onAny(
      (event) =>
        void (
          event.type.startsWith("contact.") &&
          events.push([event.type, "changed" in event ? event.changed : null])
        ),
    );
    const made = await shop.contacts.upsert({
      email: " Ann@Example.com",
      firstName: "Ann",
      timeZone: "Nowhere/City",
      locale: "de_at",
    });
    expect(made).toMatchObject({
      outcome: "created",
      contact: {
        email: "Ann@Example.com",
        timeZone: null,
        locale: "de-AT",
        externalId: null,
        createdAt: time.now(),
      },
      warnings: [{ path: ["timeZone"] }],
    });
    const { id } = made.contact;
    expect(await shop.contacts.upsert({ email: "ANN@example.COM", externalId: "u1" })).toMatchObject({
      outcome: "updated",
      contact: { id, email: "ANN@example.COM", externalId: "u1", firstName: "Ann" },
    });
    expect(
      await shop.contacts.upsert({ externalId: "u1", email: "ann@new.example", lastName: "Lee" }),
    ).toMatchObject({
      outcome: "updated",
      contact: { id, email: "ann@new.example", lastName: "Lee" },
    });
    expect(await shop.contacts.upsert({ externalId: "u1", lastName: "Lee" })).toMatchObject({
      outcome: "unchanged",
    });
    expect(await shop.contacts.upsert({ externalId: "u1", firstName: null })).toMatchObject({
      contact: { firstName: null },
    });
    expect(await shop.contacts.find({ email: "ANN@new.example" })).toMatchObject({ id });
    expect(await shop.contacts.find({ email: "ann@example.com" })).toBeNull();
    await expect(shop.contacts.upsert({ firstName: "Nobody" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(events).toEqual([
      ["contact.created", null],
      ["contact.updated", ["externalId", "email"]],
      ["contact.updated", ["email", "lastName"]],
      ["contact.updated", ["firstName"]],
    ]);
    await kit.stop();
  });

  it("AUD-1: keys of two contacts are a conflict, or one merge if the caller says so", async () => {
    const { kit, shop } = await openShop(database);
    const a = (await shop.contacts.upsert({ externalId: "a", firstName: "A" })).contact;
    const b = (await shop.contacts.upsert({ email: "b@example.com", lastName: "B" })).contact;
    const both = { externalId: "a", email: "b@example.com" };
    await expect(shop.contacts.upsert(both)).rejects.toMatchObject({
      code: "CONFLICT",
      details: { id: b.id },
    });
    expect(await shop.contacts.upsert(both, { onConflict: "merge" })).toMatchObject({
      outcome: "updated",
      contact: { id: a.id, externalId: "a", email: "b@example.com", firstName: "A", lastName: "B" },
    });
    await expect(shop.contacts.get(b.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const other = { externalId: "z", email: "b@example.com" };
    await expect(shop.contacts.upsert(other)).rejects.toMatchObject({
      code: "CONFLICT",
      details: { id: a.id },
    });
    expect(await shop.contacts.upsert(other, { onConflict: "merge" })).toMatchObject({
      contact: { id: a.id, externalId: "z" },
    });
    await expect(shop.contacts.update(a.id, { email: "not an address" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    const c = (await shop.contacts.upsert({ externalId: "c" })).contact;
    await expect(shop.contacts.update(c.id, { email: "B@example.com" })).rejects.toMatchObject({
      code: "CONFLICT",
      details: { id: a.id },
    });
    expect(
      await shop.contacts.update(
        c.id,
        { email: "c@example.com", phone: "030 12345678" },
        { phoneCountry: "DE" },
      ),
    ).toMatchObject({ outcome: "updated", contact: { email: "c@example.com", phone: "+493012345678" } });
    // One invalid zone must never cost a contact (parcelvoy/platform#610): it is left out, and told.
    expect(await shop.contacts.update(c.id, { timeZone: "Mars/Base" })).toMatchObject({
      outcome: "unchanged",
      contact: { timeZone: null },
      warnings: [{ path: ["timeZone"] }],
    });
    await kit.stop();
  });

  it("AUD-1: many at once are written in their order, keys handed on within the batch, and bad ones hold up nobody", async () => {
    const { kit, shop } = await openShop(database);
    await shop.contacts.upsert({ externalId: "old", email: "taken@example.com" });
    const result = await shop.contacts.upsertMany([
      { externalId: "old", email: "moved@example.com" },
      { externalId: "new", email: "taken@example.com" },
      { email: "TAKEN@example.com", firstName: "Second" },
      { externalId: "x", email: "bad" },
      { externalId: "y", email: "moved@example.com" },
      { email: "moved@example.com" },
    ]);
    expect(result).toMatchObject({ created: 1, updated: 2, unchanged: 1, refused: 2 });
    expect(result.items.map(({ outcome }) => outcome)).toEqual([
      "updated",
      "created",
      "updated",
      "refused",
      "conflict",
      "unchanged",
    ]);
    expect(await shop.contacts.find({ email: "taken@example.com" })).toMatchObject({
      externalId: "new",
      firstName: "Second",
    });
    await kit.stop();
  });

  it("AUD-1: of many upserts of the same new people at once, each person is created exactly once", async () => {
    const { kit, shop, scope } = await openShop(database);
    const people = Array.from({ length: 20 }, (_, n) => n);
    const rounds = await Promise.all(
      Array.from({ length: 8 }, (_, round) =>
        shop.contacts.upsertMany(
          (round % 2 === 0 ? people : people.toReversed()).map((n) =>
            round % 3 === 0
              ? { externalId: `u${n}`, email: `p${n}@example.com` }
              : { email: `P${n}@example.com`, firstName: `round ${round}` },
          ),
        ),
      ),
    );
    expect(rounds.reduce((total, { created }) => total + created, 0)).toBe(20);
    expect(rounds.reduce((total, { refused }) => total + refused, 0)).toBe(0);
    const { rows } = await scope.read("audience:read", (db) =>
      sql<{ n: number }>`select count(*) as n from ck_contacts where workspace_id = 'shop'`.execute(db),
    );
    expect(Number(rows[0]?.n)).toBe(20);
    await kit.stop();
  });

  it("AUD-1: a merge unites two people: gaps filled, consents at their strictest, memberships and logs united", async () => {
    const { kit, shop, time } = await openShop(database);
    await shop.attributes.define({ name: "plan", type: "text" });
    await shop.attributes.define({ name: "city", type: "text" });
    const into = (
      await shop.contacts.upsert({
        externalId: "a",
        firstName: "Ann",
        attributes: { plan: "pro" },
        consents: [granted, { ...granted, purpose: "news", state: "withdrawn" }],
      })
    ).contact.id;
    const from = (
      await shop.contacts.upsert({
        externalId: "b",
        email: "b@example.com",
        attributes: { plan: "free", city: "Wien" },
        consents: [
          { ...granted, state: "withdrawn", source: "link" },
          { ...granted, purpose: "news" },
          { ...granted, channel: "phone" },
        ],
      })
    ).contact.id;
    const one = await shop.segments.create({ kind: "static", name: "one" });
    const two = await shop.segments.create({ kind: "static", name: "two" });
    const wien = await shop.segments.create({
      kind: "dynamic",
      name: "Wien",
      criteria: { type: "attribute", name: "city", test: { is: "equals", value: "Wien" } },
    });
    await shop.segments.addMembers(one.id, [into, from]);
    await shop.segments.addMembers(two.id, [from]);
    const merged = await shop.contacts.merge({ into, from });
    expect(merged).toMatchObject({
      id: into,
      externalId: "a",
      email: "b@example.com",
      attributes: { plan: "pro", city: "Wien" },
    });
    const consents = await shop.consents.list(into);
    expect(consents.map(({ channel, purpose, state }) => `${channel} ${purpose} ${state}`)).toEqual([
      "email marketing withdrawn",
      "email news withdrawn",
      "phone marketing granted",
    ]);
    expect((await shop.consents.log(into)).items).toHaveLength(7);
    await time.settle(kit);
    for (const { id } of [one, two, wien]) {
      expect((await shop.segments.get(id)).memberCount).toBe(1);
      expect((await shop.segments.members(id)).items.map((contact) => contact.id)).toEqual([into]);
    }
    await expect(shop.contacts.merge({ into, from: into })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await expect(shop.contacts.merge({ into, from })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
  });

  it("AUD-1: a deleted contact leaves its segments; suppressions and the consent log stay", async () => {
    const { kit, shop } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ email: "ann@example.com", consents: [granted] })).contact;
    const segment = await shop.segments.create({ kind: "static", name: "s" });
    await shop.segments.addMembers(segment.id, [id]);
    await shop.suppressions.add({
      channel: "email",
      address: "ann@example.com",
      reason: "complaint",
      source: "webhook",
    });
    await shop.contacts.delete(id);
    expect(await shop.segments.get(segment.id)).toMatchObject({ memberCount: 0 });
    expect(await shop.suppressions.has("email", "Ann@Example.com")).toBe(true);
    expect((await shop.consents.log(id)).items).toMatchObject([
      { state: "granted", source: "form", actor: "system" },
    ]);
    await expect(shop.contacts.delete(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
  });

  it("AUD-1: an erased person leaves no trace of who it was, and is not written to again", async () => {
    const { kit, shop, scope, time } = await openShop(database);
    await shop.attributes.define({ name: "city", type: "text" });
    const secret = "zxqy";
    const person = {
      externalId: `${secret}-1`,
      email: `${secret}@example.com`,
      phone: "+493012345678",
      firstName: secret,
      lastName: secret,
      attributes: { city: secret },
      consents: [{ ...granted, evidence: { ip: secret } }],
    };
    const { id } = (await shop.contacts.upsert(person)).contact;
    const segment = await shop.segments.create({
      kind: "dynamic",
      name: "all",
      criteria: { type: "everyone" },
    });
    await shop.suppressions.add({
      channel: "email",
      address: person.email,
      reason: "manual",
      source: "desk",
    });
    const erased: string[] = [];
    kit.on("contact.erased", ({ contactId }) => void erased.push(contactId));
    expect(await shop.contacts.erase(id)).toBe(true);
    expect(await shop.contacts.erase(id)).toBe(false);
    await time.settle(kit);
    expect(erased).toEqual([id]);
    expect(await shop.contacts.get(id)).toMatchObject({
      id,
      email: null,
      externalId: null,
      attributes: {},
      erasedAt: time.now(),
    });
    expect(await shop.segments.get(segment.id)).toMatchObject({ memberCount: 0 });
    expect((await shop.consents.log(id)).items).toMatchObject([
      { state: "granted", evidence: null },
      { state: "withdrawn", source: "erasure" },
    ]);
    expect(
      (await shop.suppressions.list()).items.map(({ channel, reason, address }) => [
        channel,
        reason,
        address,
      ]),
    ).toEqual([
      ["email", "manual", null],
      ["email", "erased", null],
      ["phone", "erased", null],
    ]);
    // Every table, whole: the word that was in all of it is nowhere.
    await scope.read("audience:read", async (db) => {
      for (const { name } of await db.introspection.getTables()) {
        const { rows } = await sql`select * from ${sql.table(name)}`.execute(db);
        expect(
          JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? Number(value) : value)),
          name,
        ).not.toMatch(/zxqy|12345678/);
      }
    });
    expect((await shop.contacts.list()).items).toEqual([]);
    const again = await shop.contacts.upsert({ email: person.email, consents: [granted] });
    expect(again.outcome).toBe("created");
    expect(await shop.suppressions.has("email", person.email)).toBe(true);
    expect(
      await shop.suppressions.remove({ channel: "email", address: person.email, reason: "erased" }),
    ).toBe(true);
    expect(await shop.suppressions.has("email", person.email)).toBe(true);
    await expect(shop.consents.set(id, granted)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
  });

  it("AUD-1: an export has everything, one person or all, and the CSV can't run in a spreadsheet", async () => {
    const { kit, shop } = await openShop(database);
    await shop.attributes.define({ name: "tags", type: "text-list" });
    await shop.attributes.define({ name: "score", type: "number" });
    const { id } = (
      await shop.contacts.upsert({
        email: "ann@example.com",
        firstName: "=HYPERLINK(1)",
        lastName: 'Lee, "A"',
        phone: "+493012345678",
        attributes: { tags: ["b", "a"], score: -1.5 },
        consents: [granted],
      })
    ).contact;
    for (let n = 0; n < 450; n += 150)
      await shop.contacts.upsertMany(Array.from({ length: 150 }, (_, i) => ({ externalId: `c${n + i}` })));
    const segment = await shop.segments.create({ kind: "static", name: "VIP" });
    await shop.segments.addMembers(segment.id, [id]);
    await shop.suppressions.add({
      channel: "phone",
      address: "+493012345678",
      reason: "manual",
      source: "desk",
    });
    const exported = await shop.contacts.exportContact(id);
    expect(exported).toMatchObject({
      contact: { id, email: "ann@example.com" },
      consents: [{ state: "granted" }],
      consentLog: [{ state: "granted" }],
      segments: [{ segmentId: segment.id, name: "VIP" }],
      suppressions: [{ channel: "phone", reason: "manual" }],
      more: {},
    });
    expect(JSON.parse(JSON.stringify(exported))).toMatchObject({ contact: { id } });
    const all = [];
    for await (const person of shop.contacts.exportAll()) all.push(person.contact.id);
    expect(new Set(all).size).toBe(451);
    expect(all[0]).toBe(id);
    let csv = "";
    for await (const piece of shop.contacts.exportCsv()) csv += piece;
    const lines = csv.trimEnd().split("\r\n");
    expect(lines).toHaveLength(452);
    expect(lines.slice(0, 2)).toEqual([
      "externalId,email,phone,firstName,lastName,locale,timeZone,score,tags,consent:email:marketing",
      `,ann@example.com,'+493012345678,'=HYPERLINK(1),"Lee, ""A""",,,-1.5,a;b,granted`,
    ]);
    await kit.stop();
  });

  it("AUD-1: contacts are listed in pages, and by criteria", async () => {
    const { kit, shop } = await openShop(database);
    await shop.contacts.upsertMany(Array.from({ length: 30 }, (_, n) => ({ externalId: `c${n}` })));
    const first = await shop.contacts.list({ limit: 20 });
    expect(first.items).toHaveLength(20);
    expect((await shop.contacts.list({ limit: 20, cursor: first.nextCursor })).items).toHaveLength(10);
    const where = { type: "field", field: "externalId", test: { is: "starts-with", value: "c1" } } as const;
    expect((await shop.contacts.list({ where })).items).toHaveLength(11);
    await expect(
      shop.contacts.list({ where: { type: "attribute", name: "x", test: { is: "set" } } }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["where", "name"] }] },
    });
    await kit.stop();
  });

  it("TEAM-1: a contact of another workspace does not exist", async () => {
    const { kit, shop, other } = await openShop(database);
    const foreign = (
      await other.contacts.upsert({ email: "ann@example.com", externalId: "a", consents: [granted] })
    ).contact.id;
    const mine = (await shop.contacts.upsert({ email: "ann@example.com", externalId: "a" })).contact.id;
    expect(mine).not.toBe(foreign);
    for (const id of [foreign, "nonsense"]) {
      const missing = { code: "NOT_FOUND", details: { entity: "contact", id } };
      await expect(shop.contacts.get(id)).rejects.toMatchObject(missing);
      await expect(shop.contacts.update(id, {})).rejects.toMatchObject(missing);
      await expect(shop.contacts.delete(id)).rejects.toMatchObject(missing);
      await expect(shop.contacts.erase(id)).rejects.toMatchObject(missing);
      await expect(shop.contacts.exportContact(id)).rejects.toMatchObject(missing);
      await expect(shop.contacts.merge({ into: mine, from: id })).rejects.toMatchObject(missing);
      await expect(shop.contacts.merge({ into: id, from: mine })).rejects.toMatchObject(missing);
      await expect(shop.consents.set(id, granted)).rejects.toMatchObject(missing);
      await expect(shop.consents.list(id)).rejects.toMatchObject(missing);
    }
    expect((await shop.consents.log(foreign)).items).toEqual([]);
    expect((await shop.contacts.list()).items.map(({ id }) => id)).toEqual([mine]);
    expect(await shop.suppressions.has("email", "ann@example.com")).toBe(false);
    await other.suppressions.add({
      channel: "email",
      address: "ann@example.com",
      reason: "manual",
      source: "desk",
    });
    expect(await shop.suppressions.has("email", "ann@example.com")).toBe(false);
    await kit.stop();
  });
});
