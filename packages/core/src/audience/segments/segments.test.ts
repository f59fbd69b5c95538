import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { openShop } from "../open-shop.fixture.ts";
import type { Criteria } from "./criteria/criteria.ts";

const pro: Criteria = { type: "attribute", name: "plan", test: { is: "equals", value: "pro" } };
const member = (segmentId: string): Criteria => ({ type: "member", segmentId });
const not = (of: Criteria): Criteria => ({ type: "not", of });

describeEachDatabase("segments", (database) => {
  it("AUD-2: a dynamic segment is filled when made, follows its contacts, and tells who joined and left", async () => {
    const { kit, shop, time } = await openShop(database);
    await shop.attributes.define({ name: "plan", type: "text" });
    const ann = (await shop.contacts.upsert({ externalId: "ann", attributes: { plan: "pro" } })).contact.id;
    const bob = (await shop.contacts.upsert({ externalId: "bob", attributes: { plan: "free" } })).contact.id;
    const segment = await shop.segments.create({ kind: "dynamic", name: "Pro", criteria: pro });
    expect(segment).toMatchObject({ kind: "dynamic", memberCount: 1, version: 1, criteria: pro });
    const rest = await shop.segments.create({
      kind: "dynamic",
      name: "Rest",
      criteria: not(member(segment.id)),
    });
    expect((await shop.segments.members(rest.id)).items.map(({ id }) => id)).toEqual([bob]);

    await shop.contacts.upsert({ externalId: "ann", attributes: { plan: "free" } });
    await shop.contacts.upsert({ externalId: "bob", attributes: { plan: "pro" } });
    expect(await shop.segments.size(segment.id)).toBe(1);
    expect((await shop.segments.members(segment.id)).items.map(({ id }) => id)).toEqual([ann]);
    await time.settle(kit);
    expect((await shop.segments.members(segment.id)).items.map(({ id }) => id)).toEqual([bob]);
    expect((await shop.segments.members(rest.id)).items.map(({ id }) => id)).toEqual([ann]);
    expect((await shop.segments.moves(segment.id)).items).toEqual([
      { contactId: ann, move: "left", at: time.now() },
      { contactId: bob, move: "joined", at: time.now() },
    ]);
    const events = await shop.activity.list({ limit: 100 });
    expect(
      events.items.filter(({ type }) => type === "segment.members-changed").map(({ data }) => data),
    ).toContainEqual({
      segmentId: segment.id,
      joined: 1,
      left: 1,
    });
    expect(await shop.segments.refresh(segment.id)).toEqual({ joined: 0, left: 0 });
    await kit.stop();
  });

  it("AUD-3: who joined and left is known for 90 days", async () => {
    const { kit, shop, time } = await openShop(database);
    await shop.attributes.define({ name: "plan", type: "text" });
    const segment = await shop.segments.create({ kind: "dynamic", name: "Pro", criteria: pro });
    const join = (externalId: string) => shop.contacts.upsert({ externalId, attributes: { plan: "pro" } });
    await join("ann");
    await time.advance("89d", kit);
    await join("bob");
    await time.advance("1h", kit);
    expect((await shop.segments.moves(segment.id)).items).toHaveLength(2);
    await time.advance("2d", kit);
    const cid = (await join("cid")).contact.id;
    await time.advance("1h", kit);
    const left = (await shop.segments.moves(segment.id)).items;
    expect(left).toHaveLength(2);
    expect(left.at(-1)).toMatchObject({ contactId: cid, move: "joined" });
    await kit.stop();
  });

  it("AUD-3: members of a static segment are set by hand, in bulk and idempotently", async () => {
    const { kit, shop, other, time } = await openShop(database);
    const foreign = (await other.contacts.upsert({ externalId: "eve" })).contact.id;
    const ids = [];
    for (const externalId of ["a", "b", "c"])
      ids.push((await shop.contacts.upsert({ externalId })).contact.id);
    const segment = await shop.segments.create({ kind: "static", name: "VIP" });
    const watcher = await shop.segments.create({
      kind: "dynamic",
      name: "Not VIP",
      criteria: not(member(segment.id)),
    });
    expect(watcher.memberCount).toBe(3);
    expect(await shop.segments.addMembers(segment.id, [...ids, foreign, "nonsense"])).toEqual({
      added: 3,
      already: 0,
      unknown: [foreign, "nonsense"],
    });
    expect(await shop.segments.addMembers(segment.id, ids.slice(1))).toEqual({
      added: 0,
      already: 2,
      unknown: [],
    });
    expect(await shop.segments.removeMembers(segment.id, [ids[0] ?? "", foreign])).toBe(1);
    expect(await shop.segments.get(segment.id)).toMatchObject({ memberCount: 2 });
    await time.settle(kit);
    expect((await shop.segments.members(watcher.id)).items.map(({ id }) => id)).toEqual([ids[0]]);
    await expect(shop.segments.addMembers(watcher.id, ids)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(shop.segments.addMembers(segment.id, new Array(10_001).fill("x"))).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await kit.stop();
  });

  it("AUD-2: members come in pages, and a sample of a seed is always the same", async () => {
    const { kit, shop } = await openShop(database);
    for (let n = 0; n < 25; n++) await shop.contacts.upsert({ externalId: `c${n}` });
    const segment = await shop.segments.create({
      kind: "dynamic",
      name: "All",
      criteria: { type: "everyone" },
    });
    const seen: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof shop.segments.members>> = await shop.segments.members(
        segment.id,
        { limit: 7, cursor },
      );
      seen.push(...page.items.map(({ externalId }) => externalId ?? ""));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => `c${n}`));
    const sample = await shop.segments.sample(segment.id, { size: 5, seed: 7 });
    expect(new Set(sample.map(({ id }) => id)).size).toBe(5);
    expect(await shop.segments.sample(segment.id, { size: 5, seed: 7 })).toEqual(sample);
    expect(await shop.segments.sample(segment.id, { size: 5, seed: 8 })).not.toEqual(sample);
    expect(await shop.segments.sample(segment.id, { size: 100, seed: 1 })).toHaveLength(25);
    expect(
      await shop.segments.count({
        type: "field",
        field: "externalId",
        test: { is: "starts-with", value: "c1" },
      }),
    ).toBe(11);
    await kit.stop();
  });

  it("AUD-2: a change needs the version that was read; memberships never go in a circle; what is looked at stays", async () => {
    const { kit, shop } = await openShop(database);
    const a = await shop.segments.create({ kind: "dynamic", name: "A", criteria: { type: "everyone" } });
    const b = await shop.segments.create({ kind: "dynamic", name: "B", criteria: member(a.id) });
    const c = await shop.segments.create({ kind: "dynamic", name: "C", criteria: not(member(b.id)) });
    await expect(shop.segments.update(a.id, { version: 1, criteria: member(c.id) })).rejects.toMatchObject({
      code: "CONFLICT",
      details: { reason: `its criteria go in a circle: ${a.id} → ${c.id} → ${b.id} → ${a.id}` },
    });
    await expect(shop.segments.update(a.id, { version: 1, criteria: member(a.id) })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await expect(shop.segments.update(a.id, { version: 7, name: "X" })).rejects.toMatchObject({
      code: "STALE_VERSION",
      details: { expected: 7, actual: 1 },
    });
    await expect(shop.segments.update(a.id, { version: 1, name: "B" })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(shop.segments.create({ kind: "static", name: "B" })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(shop.segments.delete(a.id)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(
      await shop.segments.update(a.id, { version: 1, name: "All", description: "Everybody" }),
    ).toMatchObject({
      name: "All",
      version: 2,
    });
    expect(await shop.segments.update(a.id, { version: 2, name: "All" })).toMatchObject({ version: 2 });
    await shop.segments.delete(c.id);
    await shop.segments.delete(b.id);
    await shop.segments.delete(a.id);
    expect((await shop.segments.list()).items).toEqual([]);
    await kit.stop();
  });

  it("AUD-3: criteria that look at the time are evaluated again every hour, and the job ends with the last of them", async () => {
    const { kit, shop, time } = await openShop(database);
    await shop.attributes.define({ name: "lastSeen", type: "instant" });
    await shop.contacts.upsert({ externalId: "ann", attributes: { lastSeen: time.now() } });
    const criteria: Criteria = { type: "attribute", name: "lastSeen", test: { is: "within-last", days: 1 } };
    const segment = await shop.segments.create({ kind: "dynamic", name: "Recent", criteria });
    expect(segment.memberCount).toBe(1);
    await time.advance("24h", kit);
    expect(await shop.segments.get(segment.id)).toMatchObject({ memberCount: 1 });
    await time.advance("1h", kit);
    expect(await shop.segments.get(segment.id)).toMatchObject({ memberCount: 0 });
    await shop.segments.delete(segment.id);
    await time.advance("1h", kit);
    expect(await kit.tick()).toMatchObject({ nextDueAt: null });
    await kit.stop();
  });

  it("TEAM-1: a segment of another workspace does not exist, not even as a criterion", async () => {
    const { kit, shop, other } = await openShop(database);
    const foreign = await other.segments.create({ kind: "static", name: "Theirs" });
    const mine = await shop.segments.create({ kind: "static", name: "Mine" });
    const gone = { code: "NOT_FOUND", details: { entity: "segment", id: foreign.id } };
    for (const id of [foreign.id, "nonsense"]) {
      const missing = { ...gone, details: { entity: "segment", id } };
      await expect(shop.segments.get(id)).rejects.toMatchObject(missing);
      await expect(shop.segments.update(id, { version: 1, name: "Y" })).rejects.toMatchObject(missing);
      await expect(shop.segments.delete(id)).rejects.toMatchObject(missing);
      await expect(shop.segments.addMembers(id, [])).rejects.toMatchObject(missing);
      await expect(shop.segments.removeMembers(id, [])).rejects.toMatchObject(missing);
      await expect(shop.segments.members(id)).rejects.toMatchObject(missing);
      await expect(shop.segments.sample(id, { size: 1, seed: 1 })).rejects.toMatchObject(missing);
      await expect(shop.segments.size(id)).rejects.toMatchObject(missing);
      await expect(shop.segments.refresh(id)).rejects.toMatchObject(missing);
      await expect(shop.segments.moves(id)).rejects.toMatchObject(missing);
    }
    await expect(
      shop.segments.create({ kind: "dynamic", name: "X", criteria: member(foreign.id) }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["criteria", "segmentId"] }] },
    });
    expect((await shop.segments.list()).items.map(({ id }) => id)).toEqual([mine.id]);
    await kit.stop();
  });
});
