/** Checks what the shape of criteria can't say, and puts their values into the form in which they are compared. Pure. */
import { isId } from "../../../kernel/validate.ts";
import type { ValidationIssue } from "../../../ports/errors.ts";
import { readEmail } from "../../addresses/email.ts";
import { type AttributeType, type AttributeTypes, isDay, readInstant } from "../../attributes/attribute.ts";
import type { Criteria, ValueTest } from "./criteria.ts";
import { FIELD_TYPES, TESTS } from "./operands.ts";

type Path = readonly (string | number)[];

/** What is known around the criteria, and where problems go. */
interface Settling {
  readonly types: AttributeTypes;
  readonly segments: ReadonlySet<string>;
  readonly issues: ValidationIssue[];
}

/** Checks what the shape can't say, and puts values into the form in which they are compared. */
export function settle(criteria: Criteria, path: Path, context: Settling): Criteria {
  switch (criteria.type) {
    case "and":
    case "or":
      return {
        ...criteria,
        of: criteria.of.map((node, index) => settle(node, [...path, "of", index], context)),
      };
    case "not":
      return { ...criteria, of: settle(criteria.of, [...path, "of"], context) };
    case "attribute": {
      const type = context.types.get(criteria.name);
      if (type !== undefined)
        return { ...criteria, test: settleTest(criteria.test, type, [...path, "test"], context) };
      const message = `No attribute "${criteria.name}" is defined; define it with attributes.define.`;
      context.issues.push({ path: [...path, "name"], message });
      return criteria;
    }
    case "field": {
      const type = FIELD_TYPES[criteria.field];
      const test = settleTest(criteria.test, type, [...path, "test"], context);
      return { ...criteria, test: criteria.field === "email" ? addressTest(test) : test };
    }
    case "member":
      if (!isId(criteria.segmentId) || !context.segments.has(criteria.segmentId))
        context.issues.push({
          path: [...path, "segmentId"],
          message: `There is no segment "${criteria.segmentId}".`,
        });
      return criteria;
    default:
      return criteria;
  }
}

const KIND_OF: Readonly<Record<AttributeType, "string" | "number" | "boolean">> = {
  text: "string",
  number: "number",
  boolean: "boolean",
  date: "string",
  instant: "string",
  "text-list": "string",
};

function settleTest(test: ValueTest, type: AttributeType, path: Path, context: Settling): ValueTest {
  const issue = (key: string, message: string): ValueTest => {
    context.issues.push({ path: [...path, key], message });
    return test;
  };
  if (!TESTS[type].includes(test.is))
    return issue(
      "is",
      `A value of type ${type} can't be tested by "${test.is}"; its tests are ${TESTS[type].join(", ")}.`,
    );
  switch (test.is) {
    case "equals": {
      if (typeof test.value !== KIND_OF[type])
        return issue("value", `Give a ${KIND_OF[type]}: the value is of type ${type}.`);
      const value = typeof test.value === "string" ? readTime(test.value, type) : test.value;
      return value === null ? issue("value", TIME_FORMS[type] ?? "") : { ...test, value };
    }
    case "one-of":
      return typeof test.values[0] === KIND_OF[type]
        ? test
        : issue("values", `Give values of type ${KIND_OF[type]}: the value is of type ${type}.`);
    case "before":
    case "on-or-before":
    case "after":
    case "on-or-after": {
      const value = readTime(test.value, type);
      return value === null ? issue("value", TIME_FORMS[type] ?? "") : { ...test, value };
    }
    case "between":
      return test.min <= test.max ? test : issue("max", `The span from ${test.min} to ${test.max} is empty.`);
    default:
      return test;
  }
}

const TIME_FORMS: Partial<Record<AttributeType, string>> = {
  date: "Give a day as YYYY-MM-DD.",
  instant: "Give a moment in ISO 8601 with its offset, such as 2027-03-01T08:00:00Z.",
};

/** The text as values of that type are kept; `null` when it can be none. */
function readTime(value: string, type: AttributeType): string | null {
  if (type === "date") return isDay(value) ? value : null;
  return type === "instant" ? readInstant(value) : value;
}

/** Addresses are compared normalised: a whole one as such, a part of one in lower case. */
function addressTest(test: ValueTest): ValueTest {
  const whole = (value: string): string => {
    const reading = readEmail(value);
    return reading.outcome === "read" ? reading.normalized : value.toLowerCase();
  };
  if (test.is === "equals") return { is: "equals", value: whole(String(test.value)) };
  if (test.is === "one-of") return { is: "one-of", values: test.values.map((value) => whole(String(value))) };
  if (test.is === "contains" || test.is === "starts-with" || test.is === "ends-with")
    return { is: test.is, value: test.value.toLowerCase() };
  return test;
}
