/**
 * Criteria: who belongs to a dynamic segment, as a tree.
 *
 * Two-valued: every node is true or false of a contact. A test of a missing value is false, so its `not` is true. New kinds of nodes
 * (behaviour, spend, recency) join the union beside `consent` and `member`; nothing that is stored has to change for them.
 */
import type { AddressKind } from "../../../ports/channel.ts";
import type { ConsentState } from "../../consents/consent.ts";

/** Who belongs to a dynamic segment. */
export type Criteria =
  | EveryoneCriteria
  | AndCriteria
  | OrCriteria
  | NotCriteria
  | AttributeCriteria
  | FieldCriteria
  | ConsentCriteria
  | MemberCriteria;

/** Every contact that was not erased. */
export interface EveryoneCriteria {
  readonly type: "everyone";
}

/** All of these. */
export interface AndCriteria {
  readonly type: "and";
  readonly of: readonly Criteria[];
}

/** At least one of these. */
export interface OrCriteria {
  readonly type: "or";
  readonly of: readonly Criteria[];
}

/** Not this: also where the value is missing. */
export interface NotCriteria {
  readonly type: "not";
  readonly of: Criteria;
}

/** A test of a typed attribute. Which tests there are follows from the attribute's type. */
export interface AttributeCriteria {
  readonly type: "attribute";
  readonly name: string;
  readonly test: ValueTest;
}

/** The built-in fields that can be tested. `email` is compared in lower case; `createdAt` and `updatedAt` are moments. */
export type ContactField =
  | "externalId"
  | "email"
  | "phone"
  | "firstName"
  | "lastName"
  | "locale"
  | "timeZone"
  | "createdAt"
  | "updatedAt";

/** A test of a built-in field. */
export interface FieldCriteria {
  readonly type: "field";
  readonly field: ContactField;
  readonly test: ValueTest;
}

/** Where a consent stands. `none`: the person never said anything about it. */
export interface ConsentCriteria {
  readonly type: "consent";
  readonly channel: AddressKind;
  /** `marketing` when absent. */
  readonly purpose?: string;
  readonly state: ConsentState | "none";
}

/** Membership in another segment. */
export interface MemberCriteria {
  readonly type: "member";
  readonly segmentId: string;
}

/** A test of one value. */
export type ValueTest =
  | SetTest
  | EqualsTest
  | OneOfTest
  | TextTest
  | NumberTest
  | BetweenTest
  | TimeTest
  | DaysTest
  | ListTest;

/** There is a value. For any type. */
export interface SetTest {
  readonly is: "set";
}

/**
 * The value is this. For text, number and boolean; days and moments too.
 *
 * Text is compared exactly, after Unicode composition (NFC). `ignoreCase` makes A–Z and a–z alike, and no other letters: databases
 * disagree about those.
 */
export interface EqualsTest {
  readonly is: "equals";
  readonly value: string | number | boolean;
  readonly ignoreCase?: boolean;
}

/** The value is one of these. For text and number. */
export interface OneOfTest {
  readonly is: "one-of";
  readonly values: readonly string[] | readonly number[];
  readonly ignoreCase?: boolean;
}

/** A part of the text is this. */
export interface TextTest {
  readonly is: "contains" | "starts-with" | "ends-with";
  readonly value: string;
  readonly ignoreCase?: boolean;
}

/** The number compares so. */
export interface NumberTest {
  readonly is: "less-than" | "at-most" | "greater-than" | "at-least";
  readonly value: number;
}

/** The number is from `min` to `max`, both included. */
export interface BetweenTest {
  readonly is: "between";
  readonly min: number;
  readonly max: number;
}

/** The day (`YYYY-MM-DD`) or moment (ISO 8601 with offset) compares so. */
export interface TimeTest {
  readonly is: "before" | "on-or-before" | "after" | "on-or-after";
  readonly value: string;
}

/**
 * The day or moment lies so far from now: `within-last` 7 days, `within-next` 7 days, or longer ago (`older-than`). Both ends belong to the
 * spans; `older-than` is what lies before them. A moment's day has 24 hours; days are those of UTC, and today is day 0.
 */
export interface DaysTest {
  readonly is: "within-last" | "within-next" | "older-than";
  readonly days: number;
}

/** The list has this text, any of these, or all of them. Compared exactly. */
export type ListTest =
  | { readonly is: "has"; readonly value: string }
  | { readonly is: "has-any" | "has-all"; readonly values: readonly string[] };

/** The name of a test. */
export type TestName = ValueTest["is"];
