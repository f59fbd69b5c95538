/** Makes a contact's input of a record, by the rules of its columns. Pure. */

import { cleanText } from "../addresses/text.ts";
import type { AttributeType, AttributeTypes } from "../attributes/attribute.ts";
import type { ConsentInput, ConsentState } from "../consents/consent.ts";
import { DEFAULT_PURPOSE } from "../consents/consent.ts";
import type { ContactInput } from "../contacts/contact.ts";
import { LIST_SEPARATOR } from "../contacts/csv.ts";
import type { TopicChoiceInput } from "../preferences/choice.ts";
import { type Column, type ColumnRule, choiceOf, stateOf } from "./columns.ts";
import { readBoolean, readNumber, type Transformed, type TransformOutcome, transform } from "./transforms.ts";

/** What a column of one record could not be read as. */
export interface CellProblem {
  readonly column: string | null;
  readonly value: string | null;
  readonly reason: string;
}

/** What a record came to. */
export interface RowReading {
  readonly input: ContactInput;
  readonly problems: readonly CellProblem[];
}

/** What reading a record needs to know. */
export interface RowContext {
  readonly types: AttributeTypes;
  readonly emptyValues: "keep" | "clear";
  /** What every record states, but where it says otherwise itself. */
  readonly consents: readonly ConsentInput[];
  /** Where consents of a column come from. */
  readonly source: string;
}

/** A value of a record, with its column. */
export interface Cell {
  readonly column: Column;
  readonly value: unknown;
}

interface Parts {
  readonly fields: Record<string, string | null>;
  readonly attributes: Record<string, Transformed | null>;
  readonly states: Map<string, ConsentInput>;
  readonly topics: Map<string, TopicChoiceInput>;
}

/** Reads the cells of one record. */
export function readRow(cells: readonly Cell[], context: RowContext): RowReading {
  const parts: Parts = { fields: {}, attributes: {}, states: new Map(), topics: new Map() };
  for (const consent of context.consents) parts.states.set(consentKey(consent), consent);
  const problems: CellProblem[] = [];
  for (const { column, value } of cells) {
    const reason =
      typeof value === "string"
        ? readText(value, column.rule, parts, context)
        : take(value, column.rule, parts, context);
    if (reason !== null) problems.push({ column: column.name, value: shown(value), reason });
  }
  const input: ContactInput = {
    ...parts.fields,
    // Whatever came out of a column is checked by type and name when the contact is read.
    attributes: parts.attributes as ContactInput["attributes"] & object,
    consents: [...parts.states.values()],
    ...(parts.topics.size === 0 ? {} : { topics: [...parts.topics.values()] }),
  };
  return { input, problems };
}

const consentKey = ({
  channel,
  purpose = DEFAULT_PURPOSE,
}: Pick<ConsentInput, "channel" | "purpose">): string => `${channel} ${purpose}`;

/** A value as a report shows it. */
export function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? null);
}

/** The apostrophe that keeps a spreadsheet from taking the text for a formula, as exports of ours and others write it. */
function unguarded(text: string): string {
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

/** @returns why it can't be read, or `null`. */
function readText(raw: string, rule: ColumnRule, parts: Parts, context: RowContext): string | null {
  if (raw.includes("\ufffd"))
    return "There is a character in it that the encoding of the file does not have.";
  const text = cleanText(unguarded(raw));
  if ("consent" in rule) return readConsent(text, rule, parts, context.source);
  if ("topic" in rule) return readChoice(text, rule, parts, context.source);
  const outcome = transform(text, rule.transforms ?? []);
  if (outcome.outcome === "refused") return outcome.reason;
  if (outcome.value === undefined) {
    if (context.emptyValues === "clear" && text === "") clear(rule, parts);
    return null;
  }
  if ("field" in rule) {
    parts.fields[rule.field] = String(outcome.value);
    return null;
  }
  const typed =
    typeof outcome.value === "string" ? ofType(outcome.value, context.types.get(rule.attribute)) : outcome;
  if (typed.outcome === "refused") return typed.reason;
  parts.attributes[rule.attribute] = typed.value;
  return null;
}

function clear(rule: Exclude<ColumnRule, { consent: unknown } | { topic: unknown }>, parts: Parts): void {
  if ("field" in rule) parts.fields[rule.field] = null;
  else parts.attributes[rule.attribute] = null;
}

function readConsent(
  text: string,
  { consent }: Extract<ColumnRule, { consent: unknown }>,
  parts: Parts,
  source: string,
): string | null {
  if (text === "") return null;
  const state: ConsentState | null = stateOf(consent, text);
  if (state === null) return "This says neither that consent was given nor that it was not.";
  const { channel, purpose = DEFAULT_PURPOSE } = consent;
  const general = parts.states.get(consentKey({ channel, purpose }));
  parts.states.set(consentKey({ channel, purpose }), { source, ...general, channel, purpose, state });
  return null;
}

function readChoice(
  text: string,
  { topic }: Extract<ColumnRule, { topic: unknown }>,
  parts: Parts,
  source: string,
): string | null {
  if (text === "") return null;
  const state = choiceOf(topic, text);
  if (state === null) return "This says neither that the topic is wanted nor that it is not.";
  parts.topics.set(topic.key, { topic: topic.key, state, source });
  return null;
}

/** Text as a value of that type is usually written; where another form is usual, the mapping has a transform. */
function ofType(text: string, type: AttributeType | undefined): TransformOutcome {
  if (type === "number") return readNumber(text, ".");
  if (type === "boolean") return readBoolean(text);
  if (type === "text-list") return transform(text, [{ do: "split", by: LIST_SEPARATOR }]);
  return { outcome: "read", value: text };
}

/** Takes a value that is no text as it is; whether it fits is checked when the contact is read. */
function take(value: unknown, rule: ColumnRule, parts: Parts, { source }: RowContext): string | null {
  if (value === undefined) return null;
  if ("consent" in rule || "topic" in rule) {
    if (typeof value !== "boolean") return "Give a text or a truth value.";
    const word = String(value);
    return "topic" in rule ? readChoice(word, rule, parts, source) : readConsent(word, rule, parts, source);
  }
  if ("attribute" in rule) parts.attributes[rule.attribute] = value as Transformed | null;
  else if (value === null) parts.fields[rule.field] = null;
  else if (typeof value === "number") parts.fields[rule.field] = String(value);
  else return "Give a text.";
  return null;
}
