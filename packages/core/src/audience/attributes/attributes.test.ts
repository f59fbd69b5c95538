import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { describe, expect, it } from "vitest";
import { openShop } from "../open-shop.fixture.ts";
import { readAttribute } from "./attribute.ts";

describe("attribute values", () => {
  it.each([
    ["text", "x", "x"],
    ["text", "e\u0301\0", "é"],
    ["number", -0, 0],
    ["number", 1.5, 1.5],
    ["boolean", false, false],
    ["date", "2028-02-29", "2028-02-29"],
    ["date", new Date("2027-03-01T23:30:00-05:00"), "2027-03-02"],
    ["instant", "2027-03-01T09:00:00+01:00", "2027-03-01T08:00:00.000Z"],
    ["instant", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["text-list", ["b", "a", "b"], ["a", "b"]],
  ] as const)("AUD-1: a %s takes %j", (type, input, value) => {
    expect(readAttribute(type, input)).toEqual({ outcome: "read", value });
  });

  it.each([
    ["text", 1],
    ["text", "x".repeat(10_001)],
    ["number", "1"],
    ["number", Number.NaN],
    ["number", Number.POSITIVE_INFINITY],
    ["boolean", "true"],
    ["date", "2027-02-29"],
    ["date", "01.03.2027"],
    ["instant", "2027-03-01T08:00:00"],
    ["instant", "2027-02-30T08:00:00Z"],
    ["instant", new Date(Number.NaN)],
    ["instant", new Date(8.64e15)],
    ["text-list", "a"],
    ["text-list", [1]],
  ] as const)("AUD-1: a %s refuses %j", (type, input) => {
    expect(readAttribute(type, input)).toMatchObject({ outcome: "refused" });
  });
});

describeEachDatabase("attributes", (database) => {
  it("AUD-1: attributes are defined once with one type; unknown and ill-typed values are refused at their paths", async () => {
    const { kit, shop, other } = await openShop(database);
    await shop.attributes.define({ name: "plan", type: "text", description: "What they pay" });
    expect(await shop.attributes.define({ name: "plan", type: "text" })).toMatchObject({
      description: "What they pay",
    });
    await expect(shop.attributes.define({ name: "plan", type: "number" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await expect(shop.attributes.define({ name: "1st", type: "text" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await expect(
      shop.contacts.upsert({
        externalId: "a",
        timeZone: "Mars/Base",
        attributes: { plan: 1, age: 3, ok: null },
      }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        issues: [
          { path: ["attributes", "plan"] },
          { path: ["attributes", "age"] },
          { path: ["attributes", "ok"] },
        ],
      },
    });
    expect(await shop.contacts.find({ externalId: "a" })).toBeNull();
    const options = { unknownAttributes: "define" } as const;
    const attributes = { age: 3, seen: new Date(0), tags: ["x"], vip: true, city: "Wien" };
    expect((await shop.contacts.upsert({ externalId: "a", attributes }, options)).contact.attributes).toEqual(
      {
        ...attributes,
        seen: "1970-01-01T00:00:00.000Z",
      },
    );
    await expect(
      shop.contacts.upsert({ externalId: "a", attributes: { age: "4" } }, options),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect((await shop.attributes.list()).map(({ name, type }) => `${name}:${type}`)).toEqual([
      "age:number",
      "city:text",
      "plan:text",
      "seen:instant",
      "tags:text-list",
      "vip:boolean",
    ]);
    expect(await other.attributes.list()).toEqual([]);
    await kit.stop();
  });

  it("AUD-1: a removed attribute is out of use at once, and its name is free once its values are gone", async () => {
    const { kit, shop, time } = await openShop(database);
    await shop.attributes.define({ name: "plan", type: "text" });
    const { contact } = await shop.contacts.upsert({ externalId: "a", attributes: { plan: "pro" } });
    const segment = await shop.segments.create({
      kind: "dynamic",
      name: "Pro",
      criteria: { type: "attribute", name: "plan", test: { is: "set" } },
    });
    await expect(shop.attributes.remove("plan")).rejects.toMatchObject({ code: "CONFLICT" });
    await shop.segments.delete(segment.id);
    await shop.attributes.remove("plan");
    await expect(shop.attributes.remove("plan")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(shop.attributes.define({ name: "plan", type: "number" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await expect(
      shop.contacts.upsert({ externalId: "a", attributes: { plan: 7 } }, { unknownAttributes: "define" }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    await time.settle(kit);
    expect((await shop.contacts.get(contact.id)).attributes).toEqual({});
    expect(await shop.attributes.define({ name: "plan", type: "number" })).toMatchObject({ type: "number" });
    await kit.stop();
  });
});
