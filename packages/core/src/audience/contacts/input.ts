/** Reads what a host says about a contact: every problem at once, each with its path. Pure. */
import { z } from "zod";
import { isTimeZone } from "../../math/time-zone.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import { readEmail } from "../addresses/email.ts";
import { readPhone } from "../addresses/phone.ts";
import { cleanLine } from "../addresses/text.ts";
import {
  type AttributeType,
  type AttributeTypes,
  type AttributeValue,
  attributeSchema,
  readAttribute,
  typeOfValue,
} from "../attributes/attribute.ts";
import { aheadOf, type ConsentStatement, consentSchema, consentsAhead } from "../consents/consent.ts";
import { type TopicStatement, topicChoiceSchema } from "../preferences/choice.ts";
import { MAX_TOPICS, unknownTopic } from "../preferences/topic.ts";
import type { ContactInput, ContactWarning } from "./contact.ts";

/** The single-valued fields, as columns take them. Absent: stays as it is. */
export interface ContactFields {
  externalId?: string | null;
  /** As given. */
  email?: string | null;
  emailNormalized?: string | null;
  phone?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  locale?: string | null;
  timeZone?: string | null;
}

/** A checked input. */
export interface ContactDraft {
  readonly fields: Readonly<ContactFields>;
  /** `null` takes the attribute away. */
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
  readonly consents: readonly ConsentStatement[];
  readonly topics: readonly TopicStatement[];
}

/** What reading needs to know. */
export interface ReadingContext {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly types: AttributeTypes;
  /** The keys of the workspace's topics. */
  readonly topics: ReadonlySet<string>;
  readonly unknownAttributes: "refuse" | "define";
  readonly phoneCountry?: string;
  /** Leaves a bad phone number out and reports it, where otherwise it is an error. */
  readonly lenientPhone: boolean;
}

/** What reading came to. A draft is there when there are no issues. */
export interface ContactReading {
  readonly draft: ContactDraft;
  readonly issues: readonly ValidationIssue[];
  readonly warnings: readonly ContactWarning[];
  /** Attributes that the values define, where that was asked for. */
  readonly newTypes: ReadonlyMap<string, AttributeType>;
}

const MAX_NAME = 500;
const MAX_EXTERNAL_ID = 255;
/** More would be a mistake, and make a contact costly everywhere. */
export const MAX_ATTRIBUTES = 500;

const shape = z.strictObject({
  externalId: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  locale: z.string().nullish(),
  timeZone: z.string().nullish(),
  attributes: z.record(z.string(), z.unknown()).optional(),
  consents: z.array(consentSchema).max(100).optional(),
  topics: z.array(topicChoiceSchema).max(MAX_TOPICS).optional(),
});

/** Collects what is wrong and what was left out. */
class Findings {
  readonly issues: ValidationIssue[] = [];
  readonly warnings: ContactWarning[] = [];

  issue(path: readonly (string | number)[], message: string): undefined {
    this.issues.push({ path, message });
    return undefined;
  }

  warning(path: readonly (string | number)[], message: string): undefined {
    this.warnings.push({ path, message });
    return undefined;
  }
}

function canonicalLocale(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text.replaceAll("_", "-"))[0] ?? null;
  } catch {
    // A RangeError is how the platform says that this is no tag.
    return null;
  }
}

/** Absent stays absent, `null` and blank become `null`; anything else is read. */
function field(
  input: string | null | undefined,
  read: (text: string) => string | undefined,
): { readonly value: string | null } | undefined {
  if (input === undefined) return undefined;
  const text = input === null ? "" : cleanLine(input);
  if (text === "") return { value: null };
  const value = read(text);
  return value === undefined ? undefined : { value };
}

function readFields(input: z.output<typeof shape>, context: ReadingContext, found: Findings): ContactFields {
  const fields: ContactFields = {};
  const bounded = (path: string, max: number) => (text: string) =>
    text.length <= max ? text : found.issue([path], `Give at most ${max} characters.`);

  const externalId = field(input.externalId, bounded("externalId", MAX_EXTERNAL_ID));
  if (externalId !== undefined) fields.externalId = externalId.value;
  const firstName = field(input.firstName, bounded("firstName", MAX_NAME));
  if (firstName !== undefined) fields.firstName = firstName.value;
  const lastName = field(input.lastName, bounded("lastName", MAX_NAME));
  if (lastName !== undefined) fields.lastName = lastName.value;

  if (input.email !== undefined) {
    const reading = input.email === null || input.email.trim() === "" ? null : readEmail(input.email);
    if (reading?.outcome === "refused") found.issue(["email"], reading.reason);
    else
      Object.assign(fields, { email: reading?.email ?? null, emailNormalized: reading?.normalized ?? null });
  }
  const phone = field(input.phone, (text) => {
    const reading = readPhone(text, context.phoneCountry);
    if (reading.outcome === "read") return reading.phone;
    return context.lenientPhone
      ? found.warning(["phone"], reading.reason)
      : found.issue(["phone"], reading.reason);
  });
  if (phone !== undefined) fields.phone = phone.value;
  const locale = field(
    input.locale,
    (text) =>
      canonicalLocale(text) ?? found.warning(["locale"], "This is no BCP 47 language tag; it was left out."),
  );
  if (locale !== undefined) fields.locale = locale.value;
  const timeZone = field(input.timeZone, (text) =>
    isTimeZone(text) ? text : found.warning(["timeZone"], "This is no IANA time zone; it was left out."),
  );
  if (timeZone !== undefined) fields.timeZone = timeZone.value;
  return fields;
}

function readAttributes(
  input: Readonly<Record<string, unknown>>,
  context: ReadingContext,
  found: Findings,
): { attributes: Record<string, AttributeValue | null>; newTypes: Map<string, AttributeType> } {
  const attributes: Record<string, AttributeValue | null> = {};
  const newTypes = new Map<string, AttributeType>();
  for (const [name, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const path = ["attributes", name];
    const known = context.types.get(name);
    if (known === undefined && (context.unknownAttributes === "refuse" || value === null)) {
      if (value !== null || context.unknownAttributes === "refuse")
        found.issue(path, `No attribute "${name}" is defined; define it with attributes.define.`);
      continue;
    }
    const type = known ?? typeOfValue(value);
    if (value === null) {
      attributes[name] = null;
      continue;
    }
    if (type === null || (known === undefined && !attributeSchema.shape.name.safeParse(name).success)) {
      found.issue(
        path,
        "This can't be an attribute: give a plain name, and a text, number, boolean, Date or list of texts.",
      );
      continue;
    }
    const reading = readAttribute(type, value);
    if (reading.outcome === "refused")
      found.issue(path, `The attribute "${name}" is of type ${type}. ${reading.reason}`);
    else {
      attributes[name] = reading.value;
      if (known === undefined) newTypes.set(name, type);
    }
  }
  return { attributes, newTypes };
}

/** Reads an input. Never throws. */
export function readContact(input: ContactInput, context: ReadingContext): ContactReading {
  const found = new Findings();
  const checked = shape.safeParse(input);
  if (!checked.success) {
    for (const { path, message } of checked.error.issues)
      found.issue(
        path.map((key) => (typeof key === "number" ? key : String(key))),
        message,
      );
    const draft = { fields: {}, attributes: {}, consents: [], topics: [] };
    return { draft, issues: found.issues, warnings: [], newTypes: new Map() };
  }
  const fields = readFields(checked.data, context, found);
  found.issues.push(...consentsAhead(context.now, checked.data.consents ?? []));
  const topics = checked.data.topics ?? [];
  for (const [index, choice] of topics.entries()) {
    if (!context.topics.has(choice.topic))
      found.issue(["topics", index, "topic"], unknownTopic(choice.topic));
    const ahead = aheadOf(context.now, choice);
    if (ahead !== null) found.issue(["topics", index, "at"], ahead);
  }
  const { attributes, newTypes } = readAttributes(checked.data.attributes ?? {}, context, found);
  return {
    draft: { fields, attributes, consents: checked.data.consents ?? [], topics },
    issues: found.issues,
    warnings: found.warnings,
    newTypes,
  };
}
