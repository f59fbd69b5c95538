/** Typed attributes: what a workspace's contacts can carry beyond the built-in fields. Pure. */
import { z } from "zod";
import { storableText } from "../addresses/text.ts";

/** The types there are. `date` is a calendar day, `instant` a moment; `text-list` a set of texts such as tags. */
export const ATTRIBUTE_TYPES = ["text", "number", "boolean", "date", "instant", "text-list"] as const;

/** The type of an attribute. */
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** An attribute's value as it is kept and merged: days as `YYYY-MM-DD`, moments as ISO 8601 in UTC. */
export type AttributeValue = string | number | boolean | readonly string[];

/** An attribute's value as a host gives it; `null` takes it away. */
export type AttributeInput = AttributeValue | Date | null;

/** One attribute of a workspace's contacts. */
export interface AttributeDefinition {
  /** A letter, then letters, digits and underscores; up to 64. */
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string | null;
  readonly createdAt: Date;
}

/** The types by name. */
export type AttributeTypes = ReadonlyMap<string, AttributeType>;

/** The longest text, and the longest list with the longest text in it. */
const MAX_TEXT = 10_000;
const MAX_LIST = 1_000;
const MAX_LIST_TEXT = 500;

/** What `attributes.define` takes. */
export const attributeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, "Give a letter, then letters, digits and underscores, up to 64."),
  type: z.enum(ATTRIBUTE_TYPES),
  description: z.string().overwrite(storableText).max(1_000).nullish(),
});

/** What reading a value came to. */
export type AttributeReading =
  | { readonly outcome: "read"; readonly value: AttributeValue }
  | { readonly outcome: "refused"; readonly reason: string };

const refused = (reason: string): AttributeReading => ({ outcome: "refused", reason });
const read = (value: AttributeValue): AttributeReading => ({ outcome: "read", value });

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A real calendar day of the years 0000 to 9999. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const date = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The moment that the text names, as kept; `null` when it names none within the years 0000 to 9999. */
export function readInstant(input: string | Date): string | null {
  // The platform would read the 30th of February as the 2nd of March.
  if (typeof input === "string" && !(MOMENT.test(input) && isDay(input.slice(0, 10)))) return null;
  const date = new Date(input);
  const iso = Number.isNaN(date.getTime()) ? "" : date.toISOString();
  return /^\d{4}-/.test(iso) ? iso : null;
}

function readDay(input: string | Date): string | null {
  if (typeof input === "string") return isDay(input) ? input : null;
  return readInstant(input)?.slice(0, 10) ?? null;
}

const READERS: Readonly<Record<AttributeType, (input: Exclude<AttributeInput, null>) => AttributeReading>> = {
  text: (input) => {
    if (typeof input !== "string") return refused("Give a text.");
    const text = storableText(input);
    return text.length > MAX_TEXT ? refused(`Give at most ${MAX_TEXT} characters.`) : read(text);
  },
  number: (input) =>
    typeof input === "number" && Number.isFinite(input)
      ? read(input === 0 ? 0 : input)
      : refused("Give a finite number."),
  boolean: (input) => (typeof input === "boolean" ? read(input) : refused("Give true or false.")),
  date: (input) => {
    const day = typeof input === "string" || input instanceof Date ? readDay(input) : null;
    return day === null ? refused("Give a day as YYYY-MM-DD or a Date (its day in UTC).") : read(day);
  },
  instant: (input) => {
    const moment = typeof input === "string" || input instanceof Date ? readInstant(input) : null;
    return moment === null ? refused("Give a Date, or a moment in ISO 8601 with its offset.") : read(moment);
  },
  "text-list": (input) => {
    if (!Array.isArray(input)) return refused("Give a list of texts.");
    const texts = [];
    for (const item of input as readonly unknown[]) {
      if (typeof item !== "string" || item.length > MAX_LIST_TEXT)
        return refused(`Give a list of texts of at most ${MAX_LIST_TEXT} characters each.`);
      texts.push(storableText(item));
    }
    const distinct = [...new Set(texts)].sort();
    return distinct.length > MAX_LIST ? refused(`Give at most ${MAX_LIST} texts.`) : read(distinct);
  },
};

/** Reads a value of that type. Never throws. */
export function readAttribute(type: AttributeType, input: unknown): AttributeReading {
  return READERS[type](input as Exclude<AttributeInput, null>);
}

/** The type that a value would have, for attributes defined by their first value; `null` for what can be none. */
export function typeOfValue(input: unknown): AttributeType | null {
  if (typeof input === "string") return "text";
  if (typeof input === "number") return "number";
  if (typeof input === "boolean") return "boolean";
  if (input instanceof Date) return "instant";
  return Array.isArray(input) ? "text-list" : null;
}
