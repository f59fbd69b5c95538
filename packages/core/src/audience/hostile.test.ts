import { CampaignKitError } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { isStorable } from "./addresses/text.ts";
import { openShop } from "./open-shop.fixture.ts";

/** Texts that databases, JSON, mail headers and spreadsheets choke on. */
const HOSTILE = [
  "\0",
  "a\0b",
  "\ud800",
  "x\udc00y",
  "'; drop table ck_contacts; --",
  '"}]}',
  "a\r\nBcc: eve@example.com",
  "__proto__",
  "constructor",
  "\u202eab",
  "\u0041\u030a",
  "%s%n",
  "\\",
  "$1 ?",
];

describeEachDatabase("hostile text", (database) => {
  it("AUD-1: whatever text comes in anywhere, it is stored or refused by a typed error, and never breaks a statement", async () => {
    const { kit, shop } = await openShop(database);
    await shop.attributes.define({ name: "note", type: "text" });
    await shop.attributes.define({ name: "tags", type: "text-list" });
    const { id } = (await shop.contacts.upsert({ externalId: "base" })).contact;
    const segment = await shop.segments.create({ kind: "static", name: "base" });
    for (const text of HOSTILE) {
      const consent = { channel: "email", state: "granted", source: text } as const;
      const calls: readonly (() => Promise<unknown>)[] = [
        () =>
          shop.contacts.upsert({
            externalId: `${text}1`,
            firstName: text,
            lastName: text,
            locale: text,
            timeZone: text,
          }),
        () => shop.contacts.upsert({ externalId: `${text}2`, email: text }),
        () => shop.contacts.upsert({ externalId: `${text}3`, phone: text }),
        () => shop.contacts.upsert({ externalId: `${text}4`, attributes: { note: text, tags: [text] } }),
        () =>
          shop.contacts.upsert(
            { externalId: `${text}5`, attributes: { [text]: text } },
            { unknownAttributes: "define" },
          ),
        () => shop.contacts.upsert(JSON.parse(`{"externalId":"p","__proto__":{"email":"a@example.com"}}`)),
        () => shop.contacts.find({ externalId: text }),
        () => shop.contacts.find({ email: text }),
        () => shop.contacts.get(text),
        () => shop.contacts.list({ cursor: text }),
        () => shop.contacts.list({ where: { type: "attribute", name: text, test: { is: "set" } } }),
        () =>
          shop.contacts.list({
            where: { type: "field", field: "firstName", test: { is: "contains", value: text } },
          }),
        () =>
          shop.contacts.list({
            where: {
              type: "attribute",
              name: "note",
              test: { is: "one-of", values: [text], ignoreCase: true },
            },
          }),
        () =>
          shop.contacts.list({
            where: { type: "attribute", name: "tags", test: { is: "has-all", values: [text] } },
          }),
        () =>
          shop.contacts.list({ where: { type: "consent", channel: "email", purpose: text, state: "none" } }),
        () => shop.consents.set(id, consent),
        () => shop.consents.set(id, { ...consent, source: "x", purpose: text }),
        () => shop.consents.set(id, { ...consent, source: "x", evidence: { [text]: [{ deep: text }] } }),
        () => shop.suppressions.add({ channel: "email", address: text, reason: "manual", source: text }),
        () =>
          shop.suppressions.add({
            channel: "phone",
            address: "+493012345678",
            reason: "manual",
            source: text,
          }),
        () => shop.suppressions.has("phone", text),
        () => shop.attributes.define({ name: text, type: "text" }),
        () => shop.attributes.define({ name: "note", type: "text", description: text }),
        () => shop.attributes.remove(`${text}x`),
        () => shop.segments.create({ kind: "static", name: text, description: text }),
        () => shop.segments.addMembers(segment.id, [text]),
        () => shop.segments.get(text),
        () => shop.contacts.imports.get(text),
        () =>
          shop.contacts.import(`email,firstName,${text}\nx@example.com,${text},${text}\n`, {
            format: "csv",
            importId: text,
          }),
        () =>
          shop.contacts.import([{ email: text }, { [text]: text }], {
            format: "objects",
            unknownAttributes: "define",
          }),
        () =>
          shop.contacts.import(`[${JSON.stringify({ email: text, firstName: text })}]`, { format: "json" }),
      ];
      for (const call of calls) {
        const failure = await call().then(
          () => null,
          (error: unknown) => error,
        );
        const told = `${JSON.stringify(text)}: ${String(call)} → ${String(failure)}`;
        expect(
          failure === null ||
            (CampaignKitError.is(failure) && !CampaignKitError.is(failure, "STORAGE_FAILED")),
          told,
        ).toBe(true);
      }
    }
    expect(({} as { email?: string }).email).toBeUndefined();
    for await (const person of shop.contacts.exportAll())
      expect(isStorable(JSON.parse(JSON.stringify(person)))).toBe(true);
    await kit.stop();
  });
});
