import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { withdrawConsent } from "../index.ts";
import { openShop } from "../open-shop.fixture.ts";
import { stricter } from "./consent.ts";

const granted = { channel: "email", state: "granted", source: "form" } as const;

describeEachDatabase("consents", (database) => {
  it("AUD-5: a consent has channel, purpose, state, source and time, and a log that proves every change", async () => {
    const { kit, shop, time } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a" })).contact;
    const first = time.now();
    expect(
      await shop.consents.set(id, { ...granted, state: "pending", evidence: { form: "footer", wording: 3 } }),
    ).toBe(true);
    time.pass("1h");
    expect(await shop.consents.set(id, { ...granted, source: "confirmation link" })).toBe(true);
    expect(await shop.consents.set(id, { ...granted, source: "confirmation link" })).toBe(false);
    expect(await shop.consents.set(id, { ...granted, purpose: "news", channel: "phone" })).toBe(true);
    expect(await shop.consents.list(id)).toEqual([
      {
        channel: "email",
        purpose: "marketing",
        state: "granted",
        source: "confirmation link",
        changedAt: time.now(),
      },
      { channel: "phone", purpose: "news", state: "granted", source: "form", changedAt: time.now() },
    ]);
    const page = await shop.consents.log(id, { limit: 2 });
    expect(page.items).toEqual([
      {
        channel: "email",
        purpose: "marketing",
        state: "pending",
        source: "form",
        actor: "system",
        evidence: { form: "footer", wording: 3 },
        at: first,
      },
      {
        channel: "email",
        purpose: "marketing",
        state: "granted",
        source: "confirmation link",
        actor: "system",
        evidence: null,
        at: time.now(),
      },
    ]);
    expect((await shop.consents.log(id, { cursor: page.nextCursor })).items).toMatchObject([
      { channel: "phone" },
    ]);
    await kit.stop();
  });

  it("AUD-5: an older statement never replaces a newer one, in whatever order they come", async () => {
    const { kit, shop } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a" })).contact;
    const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
    expect(await shop.consents.set(id, { ...granted, state: "withdrawn", at: at(5) })).toBe(true);
    expect(await shop.consents.set(id, { ...granted, at: at(4) })).toBe(false);
    await shop.contacts.upsert({
      externalId: "a",
      consents: [
        { ...granted, at: at(7) },
        { ...granted, state: "pending", at: at(6) },
      ],
    });
    expect(await shop.consents.list(id)).toMatchObject([{ state: "granted", changedAt: at(7) }]);
    await kit.stop();
  });

  it("AUD-5: a withdrawal is told once, and is harmless for a contact that is no more", async () => {
    const { kit, shop, scope, otherScope } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a", consents: [granted] })).contact;
    const told: unknown[] = [];
    kit.on("consent.changed", (event) => void told.push([event.contactId, event.state, event.source]));
    const withdrawal = { contactId: id, channel: "email", purpose: "marketing", source: "link" } as const;
    expect(await otherScope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(true);
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    await shop.contacts.erase(id);
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    await shop.contacts.delete(id);
    expect(await scope.write("audience:write", (unit) => withdrawConsent(unit, withdrawal))).toBe(false);
    expect(told).toEqual([[id, "withdrawn", "link"]]);
    await kit.stop();
  });

  it("AUD-5: statements that can't be are refused at their paths", async () => {
    const { kit, shop } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a" })).contact;
    await expect(shop.consents.set(id, { ...granted, source: "", purpose: "a\nb" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["purpose"] }, { path: ["source"] }] },
    });
    await expect(
      shop.contacts.upsert({ externalId: "a", consents: [{ ...granted, source: "" }] }),
    ).rejects.toMatchObject({
      details: { issues: [{ path: ["consents", 0, "source"] }] },
    });
    await kit.stop();
  });

  it("AUD-5: of two states the stricter one is the one that sends less", () => {
    expect(stricter("granted", "pending")).toBe("pending");
    expect(stricter("withdrawn", "pending")).toBe("withdrawn");
    expect(stricter("granted", "granted")).toBe("granted");
  });

  it("AUD-5: one suppression list for all traffic, by address and reason, with or without a contact", async () => {
    const { kit, shop } = await openShop(database);
    const add = (reason: "manual" | "complaint") =>
      shop.suppressions.add({ channel: "email", address: "Ann@MÜLLER.example", reason, source: "desk" });
    expect([await add("manual"), await add("complaint"), await add("manual")]).toEqual([true, true, false]);
    await shop.suppressions.add({
      channel: "phone",
      address: "+49 30 12345678",
      reason: "unsubscribe-all",
      source: "STOP",
    });
    expect(await shop.suppressions.has("email", "ann@xn--mller-kva.example")).toBe(true);
    expect(await shop.suppressions.has("phone", "+493012345678")).toBe(true);
    expect(
      await shop.suppressions.remove({ channel: "email", address: "ann@müller.example", reason: "manual" }),
    ).toBe(true);
    expect(await shop.suppressions.has("email", "ann@müller.example")).toBe(true);
    expect(
      await shop.suppressions.remove({
        channel: "email",
        address: "ann@müller.example",
        reason: "complaint",
      }),
    ).toBe(true);
    expect(
      await shop.suppressions.remove({
        channel: "email",
        address: "ann@müller.example",
        reason: "complaint",
      }),
    ).toBe(false);
    expect(await shop.suppressions.has("email", "ann@müller.example")).toBe(false);
    await expect(
      shop.suppressions.add({ channel: "email", address: "nobody", reason: "manual", source: "x" }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect((await shop.suppressions.list({ channel: "phone" })).items).toMatchObject([
      { address: "+493012345678" },
    ]);
    await kit.stop();
  });

  it("TEAM-1: who may look may not write, and nobody exports without leave", async () => {
    const { kit, shop } = await openShop(database);
    const { id } = (await shop.contacts.upsert({ externalId: "a" })).contact;
    const segment = await shop.segments.create({ kind: "static", name: "s" });
    await shop.team.setMember("ann", "owner");
    await shop.team.setMember("vic", "viewer");
    await shop.team.setMember("ed", "editor");
    const [viewer, editor] = ["vic", "ed"].map((actor) => kit.workspace("shop", { actor }));
    if (viewer === undefined || editor === undefined) throw new Error("Two were named.");
    const forbidden = { code: "FORBIDDEN" };
    expect(await viewer.contacts.get(id)).toMatchObject({ id });
    const refused: readonly (() => Promise<unknown>)[] = [
      () => viewer.contacts.upsert({ externalId: "b" }),
      () => viewer.contacts.upsertMany([]),
      () => viewer.contacts.update(id, {}),
      () => viewer.contacts.merge({ into: id, from: id }),
      () => viewer.contacts.delete(id),
      () => viewer.contacts.erase(id),
      () => viewer.contacts.import("email\n", { format: "csv" }),
      () => viewer.contacts.imports.forgetRefusals("x"),
      () => viewer.consents.set(id, granted),
      () =>
        viewer.suppressions.add({
          channel: "email",
          address: "a@example.com",
          reason: "manual",
          source: "x",
        }),
      () => viewer.suppressions.remove({ channel: "email", address: "a@example.com", reason: "manual" }),
      () => viewer.attributes.define({ name: "x", type: "text" }),
      () => viewer.attributes.remove("x"),
      () => viewer.segments.create({ kind: "static", name: "t" }),
      () => viewer.segments.update(segment.id, { version: 1 }),
      () => viewer.segments.delete(segment.id),
      () => viewer.segments.addMembers(segment.id, [id]),
      () => viewer.segments.removeMembers(segment.id, [id]),
      () => viewer.segments.refresh(segment.id),
      () => editor.contacts.exportContact(id),
      () => editor.contacts.exportAll().next(),
      () => editor.contacts.exportCsv().next(),
    ];
    for (const call of refused) await expect(call(), String(call)).rejects.toMatchObject(forbidden);
    expect(await editor.contacts.upsert({ externalId: "b" })).toMatchObject({ outcome: "created" });
    await kit.stop();
  });
});
