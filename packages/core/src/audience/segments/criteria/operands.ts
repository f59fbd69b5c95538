/** What can be tested how: the tests of each type of value, and the type of each built-in field. Data. */
import type { AttributeType } from "../../attributes/attribute.ts";
import type { ContactField, TestName } from "./criteria.ts";

const TEXT = ["set", "equals", "one-of", "contains", "starts-with", "ends-with"] as const;
const TIME = [
  "set",
  "equals",
  "before",
  "on-or-before",
  "after",
  "on-or-after",
  "within-last",
  "within-next",
  "older-than",
] as const;

/** The tests that a value of each type knows. */
export const TESTS: Readonly<Record<AttributeType, readonly TestName[]>> = {
  text: TEXT,
  number: ["set", "equals", "one-of", "less-than", "at-most", "greater-than", "at-least", "between"],
  boolean: ["set", "equals"],
  date: TIME,
  instant: TIME,
  "text-list": ["set", "has", "has-any", "has-all"],
};

/** The tests whose answer changes while time passes. */
export const CLOCK_TESTS: ReadonlySet<TestName> = new Set<TestName>([
  "within-last",
  "within-next",
  "older-than",
]);

/** The type of each built-in field. */
export const FIELD_TYPES: Readonly<Record<ContactField, AttributeType>> = {
  externalId: "text",
  email: "text",
  phone: "text",
  firstName: "text",
  lastName: "text",
  locale: "text",
  timeZone: "text",
  createdAt: "instant",
  updatedAt: "instant",
};
