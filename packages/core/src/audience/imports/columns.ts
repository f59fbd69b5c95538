/** What becomes of each column of an import: a field, an attribute, a consent, a choice among topics, or nothing. Pure. */
import { z } from "zod";
import type { AddressKind } from "../../ports/channel.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import type { AttributeTypes } from "../attributes/attribute.ts";
import { attributeSchema } from "../attributes/attribute.ts";
import {
  ADDRESS_KINDS,
  CONSENT_STATES,
  type ConsentState,
  DEFAULT_PURPOSE,
  purposeSchema,
} from "../consents/consent.ts";
import type { TopicState } from "../preferences/choice.ts";
import { topicKeySchema, unknownTopic } from "../preferences/topic.ts";
import { transformSchema, type ValueTransform } from "./transforms.ts";

/** The built-in fields that a column can fill. */
export const IMPORT_FIELDS = [
  "externalId",
  "email",
  "phone",
  "firstName",
  "lastName",
  "locale",
  "timeZone",
] as const;

/** A built-in field. */
export type ImportField = (typeof IMPORT_FIELDS)[number];

/** Which words of a column mean which state; a word that is in none is refused, an empty one says nothing. */
export interface ConsentWords {
  readonly channel: AddressKind;
  /** `marketing` when absent. */
  readonly purpose?: string;
  /** `granted`, `true`, `yes`, `y`, `1`, `on` when absent. */
  readonly granted?: readonly string[];
  /** `withdrawn`, `false`, `no`, `n`, `0`, `off` when absent. */
  readonly withdrawn?: readonly string[];
  /** `pending` when absent. */
  readonly pending?: readonly string[];
}

/** Which words of a column mean which choice; a word that is in none is refused, an empty one says nothing. */
export interface TopicWords {
  /** The topic's key. */
  readonly key: string;
  /** `opted-in`, `true`, `yes`, `y`, `1`, `on` when absent. */
  readonly optedIn?: readonly string[];
  /** `opted-out`, `false`, `no`, `n`, `0`, `off` when absent. */
  readonly optedOut?: readonly string[];
}

/** What a column is for. */
export type ColumnRule =
  | { readonly field: ImportField; readonly transforms?: readonly ValueTransform[] }
  | { readonly attribute: string; readonly transforms?: readonly ValueTransform[] }
  | { readonly consent: ConsentWords }
  | { readonly topic: TopicWords };

/** What becomes of each column, by its name in the source. A bare name is the field; `null` leaves the column out. */
export type ColumnMapping = Readonly<Record<string, ImportField | ColumnRule | null>>;

const transforms = z.array(transformSchema).max(20).exactOptional();
const wordList = z.array(z.string()).min(1).exactOptional();

/** The shape of a mapping. */
export const mappingSchema = z.record(
  z.string(),
  z.union([
    z.null(),
    z.enum(IMPORT_FIELDS),
    z.strictObject({ field: z.enum(IMPORT_FIELDS), transforms }),
    z.strictObject({ attribute: attributeSchema.shape.name, transforms }),
    z.strictObject({
      consent: z.strictObject({
        channel: z.enum(ADDRESS_KINDS),
        purpose: purposeSchema.exactOptional(),
        granted: wordList,
        withdrawn: wordList,
        pending: wordList,
      }),
    }),
    z.strictObject({
      topic: z.strictObject({ key: topicKeySchema, optedIn: wordList, optedOut: wordList }),
    }),
  ]),
) satisfies z.ZodType<ColumnMapping>;

/** A column whose purpose is settled. */
export interface Column {
  /** Its name in the source. */
  readonly name: string;
  readonly rule: ColumnRule;
}

/** The columns of a source, in its order; `null` where one is left out. */
export interface Columns {
  readonly columns: readonly (Column | null)[];
  /** Names that nothing was made of, though nobody asked for that. */
  readonly ignored: readonly string[];
}

/** Names that are understood without a mapping, without case, blanks and signs. */
const KNOWN_NAMES: Readonly<Record<ImportField, readonly string[]>> = {
  externalId: ["externalid", "customerid", "userid"],
  email: ["email", "emailaddress", "mail"],
  phone: ["phone", "phonenumber", "mobile", "mobilephone", "telephone"],
  firstName: ["firstname", "givenname", "forename"],
  lastName: ["lastname", "surname", "familyname"],
  locale: ["locale", "language", "lang"],
  timeZone: ["timezone", "tz"],
};

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The rule of a column that no mapping names. */
function guessed(name: string, { types, topics, define }: ColumnContext): ColumnRule | null {
  const topic = /^topic:(.+)$/.exec(name)?.[1];
  if (topic !== undefined && topics.has(topic)) return { topic: { key: topic } };
  const consent = /^consent:(email|phone):(.+)$/.exec(name);
  if (consent !== null && purposeSchema.safeParse(consent[2]).success)
    return { consent: { channel: consent[1] as AddressKind, purpose: consent[2] ?? DEFAULT_PURPOSE } };
  if (types.has(name)) return { attribute: name };
  const field = IMPORT_FIELDS.find((candidate) => KNOWN_NAMES[candidate].includes(plain(name)));
  if (field !== undefined) return { field };
  const attribute = [...types.keys()].find((known) => plain(known) === plain(name));
  if (attribute !== undefined) return { attribute };
  return define && attributeSchema.shape.name.safeParse(name).success ? { attribute: name } : null;
}

/** What settling columns needs to know. */
export interface ColumnContext {
  readonly types: AttributeTypes;
  /** The keys of the workspace's topics. */
  readonly topics: ReadonlySet<string>;
  /** Whether a name that fits may become an attribute. */
  readonly define: boolean;
  /** What becomes of columns that the mapping does not name. */
  readonly others?: "ignore" | "guess";
}

/** Settles what becomes of each column: by the mapping where it names the column, otherwise by the column's name. */
export function settleColumns(
  names: readonly string[],
  mapping: ColumnMapping | undefined,
  context: ColumnContext,
): Columns & { readonly issues: readonly ValidationIssue[] } {
  const issues: ValidationIssue[] = [];
  const ignored: string[] = [];
  const guessing = mapping === undefined || context.others === "guess";
  const filled = new Set(
    Object.values(mapping ?? {}).flatMap((given) => (given === null ? [] : [targetOf(ruleOf(given))])),
  );
  const columns = names.map((name): Column | null => {
    if (mapping !== undefined && Object.hasOwn(mapping, name)) {
      const given = mapping[name] ?? null;
      return given === null ? null : { name, rule: ruleOf(given) };
    }
    const rule = guessing ? guessed(name, context) : null;
    // What the mapping fills from elsewhere is not guessed.
    if (rule !== null && !filled.has(targetOf(rule))) return { name, rule };
    if (name !== "" || !guessing) ignored.push(name);
    return null;
  });
  for (const name of Object.keys(mapping ?? {}))
    if (!names.includes(name))
      issues.push({
        path: ["columns", name],
        message: `The source has no such column; it has ${names.join(", ")}.`,
      });
  const kept = columns.filter((column) => column !== null);
  for (const [index, column] of kept.entries()) {
    const twin = kept.slice(0, index).find((other) => targetOf(other.rule) === targetOf(column.rule));
    if (twin !== undefined)
      issues.push({
        path: ["columns", column.name],
        message: `It fills ${targetOf(column.rule)}, as does the column "${twin.name}" before it; leave one of them out.`,
      });
    if ("topic" in column.rule && !context.topics.has(column.rule.topic.key))
      issues.push({ path: ["columns", column.name], message: unknownTopic(column.rule.topic.key) });
    if ("attribute" in column.rule && !context.types.has(column.rule.attribute) && !context.define)
      issues.push({
        path: ["columns", column.name],
        message: `No attribute "${column.rule.attribute}" is defined; define it with attributes.define, or say unknownAttributes: "define".`,
      });
  }
  if (!kept.some(({ rule }) => "field" in rule && (rule.field === "email" || rule.field === "externalId")))
    issues.push({
      path: ["columns"],
      message: `No column gives the e-mail address or external id; the source has ${names.join(", ")}. Name one in columns.`,
    });
  return { columns, ignored, issues };
}

function ruleOf(given: ImportField | ColumnRule): ColumnRule {
  return typeof given === "string" ? { field: given } : given;
}

/** What a rule fills, as paths of inputs name it. */
export function targetOf(rule: ColumnRule): string {
  if ("field" in rule) return rule.field;
  if ("attribute" in rule) return `attributes.${rule.attribute}`;
  if ("topic" in rule) return `topics.${rule.topic.key}`;
  return `consents.${rule.consent.channel}.${rule.consent.purpose ?? DEFAULT_PURPOSE}`;
}

const YES = ["true", "yes", "y", "1", "on"];
const NO = ["false", "no", "n", "0", "off"];
const WORDS: Readonly<Record<ConsentState, readonly string[]>> = {
  granted: ["granted", ...YES],
  pending: ["pending"],
  withdrawn: ["withdrawn", ...NO],
};

/** The state that a word means; `null` for a word of none. */
export function stateOf(words: ConsentWords, text: string): ConsentState | null {
  const word = text.toLowerCase();
  return (
    CONSENT_STATES.find((state) =>
      (words[state] ?? WORDS[state]).some((known) => known.toLowerCase() === word),
    ) ?? null
  );
}

/** The choice that a word means; `null` for a word of none. */
export function choiceOf(words: TopicWords, text: string): TopicState | null {
  const word = text.toLowerCase();
  const means = (known: readonly string[]): boolean => known.some((each) => each.toLowerCase() === word);
  if (means(words.optedIn ?? ["opted-in", ...YES])) return "opted-in";
  return means(words.optedOut ?? ["opted-out", ...NO]) ? "opted-out" : null;
}
