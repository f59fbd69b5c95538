/** Whether one contact meets criteria, in memory: the second oracle beside the compiled query, and the answer without a database. Pure. */
import type { AttributeType, AttributeTypes, AttributeValue } from "../../attributes/attribute.ts";
import { type Consent, DEFAULT_PURPOSE } from "../../consents/consent.ts";
import type { ContactField, Criteria, ValueTest } from "./criteria.ts";
import { foldAscii } from "./fold.ts";
import { FIELD_TYPES } from "./operands.ts";
import { spanOf } from "./spans.ts";

/** What criteria can look at of a contact. */
export interface CriteriaSubject {
  readonly externalId: string | null;
  readonly emailNormalized: string | null;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly erasedAt: Date | null;
  readonly consents: readonly Pick<Consent, "channel" | "purpose" | "state">[];
  readonly segmentIds: ReadonlySet<string>;
}

/** What matching needs to know. */
export interface MatchContext {
  readonly types: AttributeTypes;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Whether the contact meets read criteria. An erased one meets none. */
export function matches(criteria: Criteria, subject: CriteriaSubject, context: MatchContext): boolean {
  return subject.erasedAt === null && meets(criteria, subject, context);
}

function meets(criteria: Criteria, subject: CriteriaSubject, context: MatchContext): boolean {
  switch (criteria.type) {
    case "everyone":
      return true;
    case "and":
      return criteria.of.every((node) => meets(node, subject, context));
    case "or":
      return criteria.of.some((node) => meets(node, subject, context));
    case "not":
      return !meets(criteria.of, subject, context);
    case "attribute": {
      const type = context.types.get(criteria.name);
      const value = Object.hasOwn(subject.attributes, criteria.name)
        ? subject.attributes[criteria.name]
        : undefined;
      return type !== undefined && value !== undefined && passes(criteria.test, value, type, context.now);
    }
    case "field": {
      const value = fieldOf(subject, criteria.field);
      return value !== null && passes(criteria.test, value, FIELD_TYPES[criteria.field], context.now);
    }
    case "consent": {
      const purpose = criteria.purpose ?? DEFAULT_PURPOSE;
      const known = subject.consents.find(
        (consent) => consent.channel === criteria.channel && consent.purpose === purpose,
      );
      return (known?.state ?? "none") === criteria.state;
    }
    case "member":
      return subject.segmentIds.has(criteria.segmentId);
  }
}

function fieldOf(subject: CriteriaSubject, field: ContactField): string | null {
  if (field === "email") return subject.emailNormalized;
  const value = subject[field];
  return value instanceof Date ? value.toISOString() : value;
}

function passes(test: ValueTest, value: AttributeValue, type: AttributeType, now: number): boolean {
  const fold = (text: unknown): string => {
    const given = String(text);
    return "ignoreCase" in test && test.ignoreCase === true ? foldAscii(given) : given;
  };
  const list = Array.isArray(value) ? (value as readonly string[]) : [];
  switch (test.is) {
    case "set":
      return true;
    case "equals":
      return type === "text" ? fold(value) === fold(test.value) : value === test.value;
    case "one-of":
      return test.values.some((given) => (type === "text" ? fold(value) === fold(given) : value === given));
    case "contains":
      return fold(value).includes(fold(test.value));
    case "starts-with":
      return fold(value).startsWith(fold(test.value));
    case "ends-with":
      return fold(value).endsWith(fold(test.value));
    case "less-than":
      return Number(value) < test.value;
    case "at-most":
      return Number(value) <= test.value;
    case "greater-than":
      return Number(value) > test.value;
    case "at-least":
      return Number(value) >= test.value;
    case "between":
      return Number(value) >= test.min && Number(value) <= test.max;
    case "before":
      return value < test.value;
    case "on-or-before":
      return value <= test.value;
    case "after":
      return value > test.value;
    case "on-or-after":
      return value >= test.value;
    case "within-last":
    case "within-next":
    case "older-than": {
      const at = Date.parse(String(value));
      const { from, to, beforeTo } = spanOf(test, now, type === "date" ? "day" : "moment");
      return (from === null || at >= from) && (beforeTo ? at < to : at <= to);
    }
    case "has":
      return list.includes(test.value);
    case "has-any":
      return test.values.some((text) => list.includes(text));
    case "has-all":
      return test.values.every((text) => list.includes(text));
  }
}
