import { describe, expect, it } from "vitest";
import type { AttributeTypes } from "../../attributes/attribute.ts";
import type { Criteria, ValueTest } from "./criteria.ts";
import { type CriteriaSubject, matches } from "./matches.ts";
import { CRITERIA_LIMITS, readCriteria } from "./parse.ts";
import { spanOf } from "./spans.ts";
import { usesOf } from "./uses.ts";

const now = Date.parse("2027-03-01T08:00:00.000Z");
const types: AttributeTypes = new Map([
  ["plan", "text"],
  ["age", "number"],
  ["birthday", "date"],
  ["tags", "text-list"],
]);
const segment = "0190a000-0000-7000-8000-000000000001";
const known = { types, segments: new Set([segment]) };
const nobody: CriteriaSubject = {
  externalId: null,
  emailNormalized: null,
  phone: null,
  firstName: null,
  lastName: null,
  locale: null,
  timeZone: null,
  attributes: {},
  createdAt: new Date(now),
  updatedAt: new Date(now),
  erasedAt: null,
  consents: [],
  segmentIds: new Set(),
};

function issuesOf(input: unknown): readonly string[] {
  const reading = readCriteria(input, known);
  return reading.outcome === "read" ? [] : reading.issues.map(({ path }) => path.join("."));
}

const plan = (test: ValueTest): Criteria => ({ type: "attribute", name: "plan", test });

describe("criteria", () => {
  it("AUD-2: a test of a missing value is false, and its not is true", () => {
    const tests: readonly ValueTest[] = [
      { is: "set" },
      { is: "equals", value: "pro" },
      { is: "one-of", values: ["pro"] },
      { is: "contains", value: "p" },
    ];
    for (const test of tests) {
      expect(matches(plan(test), nobody, { types, now })).toBe(false);
      expect(matches({ type: "not", of: plan(test) }, nobody, { types, now })).toBe(true);
    }
  });

  it("AUD-2: every problem comes back at once, each with its path", () => {
    const input = {
      type: "and",
      of: [
        { type: "attribute", name: "nope", test: { is: "set" } },
        { type: "not", of: { type: "attribute", name: "age", test: { is: "contains", value: "4" } } },
        { type: "attribute", name: "age", test: { is: "between", min: 9, max: 3 } },
        { type: "attribute", name: "birthday", test: { is: "before", value: "2027-02-30" } },
        { type: "attribute", name: "plan", test: { is: "one-of", values: [1] } },
        { type: "member", segmentId: "0190a000-0000-7000-8000-000000000002" },
      ],
    };
    expect(issuesOf(input)).toEqual([
      "of.0.name",
      "of.1.of.test.is",
      "of.2.test.max",
      "of.3.test.value",
      "of.4.test.values",
      "of.5.segmentId",
    ]);
  });

  it("AUD-2: an unknown node, an empty branch and a stray key are refused", () => {
    expect(issuesOf({ type: "spend", more: 1 })).toEqual(["type"]);
    expect(issuesOf({ type: "or", of: [] })).toEqual(["of"]);
    expect(issuesOf({ type: "everyone", secret: true })).toEqual([""]);
    expect(issuesOf("everyone")).toEqual([""]);
    expect(issuesOf(plan({ is: "equals", value: "x".repeat(501) }))).not.toEqual([]);
    expect(issuesOf({ ...plan({ is: "set" }), name: "__proto__" })).toEqual(["name"]);
  });

  it("AUD-2: depth and size are bounded before anything recurses", () => {
    let deep: unknown = { type: "everyone" };
    for (let depth = 1; depth < 100_000; depth++) deep = { type: "not", of: deep };
    expect(readCriteria(deep, known)).toMatchObject({ outcome: "refused", issues: [{ path: [] }] });
    const wide = {
      type: "or",
      of: Array.from({ length: CRITERIA_LIMITS.nodes }, () => ({ type: "everyone" })),
    };
    expect(readCriteria(wide, known)).toMatchObject({ outcome: "refused" });
  });

  it("AUD-2: what a tree looks at is known: attributes, segments, the clock", () => {
    const uses = usesOf({
      type: "or",
      of: [
        plan({ is: "set" }),
        { type: "not", of: { type: "member", segmentId: segment } },
        { type: "attribute", name: "birthday", test: { is: "within-next", days: 7 } },
      ],
    });
    expect(uses).toEqual({
      attributes: new Set(["plan", "birthday"]),
      segments: new Set([segment]),
      clock: true,
    });
    expect(usesOf(plan({ is: "set" })).clock).toBe(false);
  });

  it("AUD-2: spans of days include both ends; older than a span is what lies before it", () => {
    const day = 86_400_000;
    const today = Date.parse("2027-03-01T00:00:00.000Z");
    expect(spanOf({ is: "within-last", days: 7 }, now, "moment")).toEqual({
      from: now - 7 * day,
      to: now,
      beforeTo: false,
    });
    expect(spanOf({ is: "within-next", days: 7 }, now, "day")).toEqual({
      from: today,
      to: today + 7 * day,
      beforeTo: false,
    });
    expect(spanOf({ is: "older-than", days: 7 }, now, "day")).toEqual({
      from: null,
      to: today - 7 * day,
      beforeTo: true,
    });
  });

  it("AUD-2: an address is compared as it is kept", () => {
    const reading = readCriteria(
      { type: "field", field: "email", test: { is: "equals", value: "Ann@MÜLLER.example" } },
      known,
    );
    expect(reading).toMatchObject({
      criteria: { test: { is: "equals", value: "ann@xn--mller-kva.example" } },
    });
  });
});
