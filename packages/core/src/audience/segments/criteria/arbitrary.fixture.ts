/** Random criteria and contacts, of few values, so that they meet often. */
import fc from "fast-check";
import type { AttributeInput, AttributeType } from "../../attributes/attribute.ts";
import type { ContactInput } from "../../contacts/contact.ts";
import type { ContactField, Criteria, ValueTest } from "./criteria.ts";

/** The attributes of the test's workspace. */
export const ATTRIBUTES: Readonly<Record<string, AttributeType>> = {
  plan: "text",
  age: "number",
  vip: "boolean",
  birthday: "date",
  lastSeen: "instant",
  tags: "text-list",
};

const TEXTS = ["", "pro", "Pro", "straße", "ÄB", "äb", "a%b_c", "😀 x", "İ", "\\n'"];
const PARTS = ["p", "P", "r", "ß", "S", "😀", "%", "_", "'", "\\", "ä", "i"];
const NUMBERS = [
  0, 1, -1, 0.1, 0.30000000000000004, 1e21, 1e-7, 42, 9007199254740991, 5e-324, 1.7976931348623157e308,
];
const DAYS = [
  "1999-12-31",
  "2026-03-01",
  "2027-02-22",
  "2027-02-28",
  "2027-03-01",
  "2027-03-02",
  "2027-03-08",
  "0000-01-01",
];
const MOMENTS = [
  "2026-01-01T00:00:00.000Z",
  "2027-02-22T08:00:00.000Z",
  "2027-02-22T07:59:59.999Z",
  "2027-03-01T07:59:59.999Z",
  "2027-03-01T08:00:00.000Z",
  "2027-03-01T08:00:00.001Z",
  "2027-03-08T08:00:00.000Z",
];
const EMAILS = ["ann@example.com", "Bob@Example.com", "cid@müller.example", "dan@example.net"];
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(pick(values), { minLength: 1, maxLength: 4 });

const ignoreCase = pick([{}, { ignoreCase: false }, { ignoreCase: true }, { ignoreCase: true }]);
const text: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.constant({ is: "set" as const }),
  fc.tuple(pick(TEXTS), ignoreCase).map(([value, extra]) => ({ is: "equals" as const, value, ...extra })),
  fc.tuple(some(TEXTS), ignoreCase).map(([values, extra]) => ({ is: "one-of" as const, values, ...extra })),
  fc
    .tuple(
      pick(["contains", "starts-with", "ends-with"] as const),
      pick([...PARTS, ...TEXTS.filter(Boolean)]),
      ignoreCase,
    )
    .map(([is, value, extra]) => ({ is, value, ...extra })),
);
const number: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.constant({ is: "set" as const }),
  fc.record({
    is: pick(["equals", "less-than", "at-most", "greater-than", "at-least"] as const),
    value: pick(NUMBERS),
  }),
  fc.record({ is: fc.constant("one-of" as const), values: some(NUMBERS) }),
  fc
    .tuple(pick(NUMBERS), pick(NUMBERS))
    .map(([a, b]) => ({ is: "between" as const, min: Math.min(a, b), max: Math.max(a, b) })),
);
const boolean: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.constant({ is: "set" as const }),
  fc.record({ is: fc.constant("equals" as const), value: fc.boolean() }),
);
const time = (values: readonly string[]): fc.Arbitrary<ValueTest> =>
  fc.oneof(
    fc.constant({ is: "set" as const }),
    fc.record({ is: fc.constant("equals" as const), value: pick(values) }),
    fc.record({ is: pick(["before", "on-or-before", "after", "on-or-after"] as const), value: pick(values) }),
    fc.record({
      is: pick(["within-last", "within-next", "older-than"] as const),
      days: pick([0, 1, 7, 365, 36_500]),
    }),
  );
const list: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.constant({ is: "set" as const }),
  fc.record({ is: fc.constant("has" as const), value: pick(TEXTS) }),
  fc.record({ is: pick(["has-any", "has-all"] as const), values: some(TEXTS) }),
);
const TESTS: Readonly<Record<AttributeType, fc.Arbitrary<ValueTest>>> = {
  text,
  number,
  boolean,
  date: time(DAYS),
  instant: time(MOMENTS),
  "text-list": list,
};

const attribute = pick(Object.entries(ATTRIBUTES)).chain(([name, type]) =>
  TESTS[type].map((test): Criteria => ({ type: "attribute", name, test })),
);
const textFields: readonly ContactField[] = [
  "externalId",
  "phone",
  "firstName",
  "lastName",
  "locale",
  "timeZone",
];
const emailTest = fc.oneof(
  fc.record({ is: fc.constant("equals" as const), value: pick([...EMAILS, "ANN@EXAMPLE.COM", "nobody"]) }),
  fc.record({ is: fc.constant("one-of" as const), values: some(EMAILS) }),
  fc.record({
    is: pick(["contains", "starts-with", "ends-with"] as const),
    value: pick(["Example.COM", "@", "a", "xn--"]),
  }),
);
const field = fc.oneof(
  fc.tuple(pick(textFields), text).map(([name, test]): Criteria => ({ type: "field", field: name, test })),
  emailTest.map((test): Criteria => ({ type: "field", field: "email", test })),
  fc
    .tuple(pick(["createdAt", "updatedAt"] as const), time(MOMENTS))
    .map(([name, test]): Criteria => ({ type: "field", field: name, test })),
);
const consent = fc
  .record({
    channel: pick(["email", "phone"] as const),
    state: pick(["granted", "withdrawn", "pending", "none"] as const),
  })
  .chain((node) =>
    pick(["marketing", "news"]).map((purpose): Criteria => ({ type: "consent", purpose, ...node })),
  );

/** Random trees; memberships name the given segments. */
export function criteriaTrees(segmentIds: readonly string[]): fc.Arbitrary<Criteria> {
  const member = pick(segmentIds).map((segmentId): Criteria => ({ type: "member", segmentId }));
  return fc.letrec<{ tree: Criteria }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 6, arbitrary: attribute },
      { weight: 3, arbitrary: field },
      { weight: 1, arbitrary: consent },
      { weight: 1, arbitrary: member },
      { weight: 1, arbitrary: fc.constant<Criteria>({ type: "everyone" }) },
      {
        weight: 6,
        arbitrary: fc
          .tuple(pick(["and", "or"] as const), fc.array(tie("tree"), { minLength: 1, maxLength: 4 }))
          .map(([type, of]): Criteria => ({ type, of })),
      },
      { weight: 4, arbitrary: tie("tree").map((of): Criteria => ({ type: "not", of })) },
    ),
  })).tree;
}

const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 2 });
const value = (type: AttributeType): fc.Arbitrary<string | number | boolean | string[]> =>
  ({
    text: pick(TEXTS),
    number: pick(NUMBERS),
    boolean: fc.boolean(),
    date: pick(DAYS),
    instant: pick(MOMENTS),
    "text-list": fc.uniqueArray(pick(TEXTS), { maxLength: 4 }),
  })[type];

/** A random contact; the number keeps its external id apart from others. */
export function contactInputs(index: number): fc.Arbitrary<ContactInput> {
  const attributes: fc.Arbitrary<Record<string, AttributeInput>> = fc
    .tuple(
      ...Object.entries(ATTRIBUTES).map(([name, type]) =>
        maybe(value(type)).map((given) => [name, given] as const),
      ),
    )
    .map((entries) => Object.fromEntries(entries.filter(([, given]) => given !== null)));
  return fc.record({
    externalId: fc.constant(`${TEXTS[index % TEXTS.length] || "blank"}-${index}`),
    email: fc.constant(index < EMAILS.length ? (EMAILS[index] ?? null) : null),
    phone: maybe(pick(["+4930123456", "+14155552671"])),
    firstName: maybe(pick(TEXTS.filter((text) => text.trim() !== ""))),
    locale: maybe(pick(["de", "de-AT", "en-US"])),
    timeZone: maybe(pick(["Europe/Vienna", "America/New_York"])),
    attributes,
    consents: fc.uniqueArray(
      fc.record({
        channel: pick(["email", "phone"] as const),
        purpose: pick(["marketing", "news"]),
        state: pick(["granted", "withdrawn", "pending"] as const),
        source: fc.constant("test"),
      }),
      { maxLength: 3, selector: ({ channel, purpose }) => `${channel} ${purpose}` },
    ),
  });
}
