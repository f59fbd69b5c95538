/** Contacts as CSV, as `contacts.import` reads it again. Pure. */
import { stringify } from "csv-stringify/sync";
import type { AddressKind } from "../../ports/channel.ts";
import type { AttributeDefinition } from "../attributes/attribute.ts";
import type { Topic } from "../preferences/topic.ts";
import type { ContactExport } from "./export.ts";

/** A consent that has a column of its own. */
export interface ConsentColumn {
  readonly channel: AddressKind;
  readonly purpose: string;
}

/** Between the texts of a list. */
export const LIST_SEPARATOR = ";";

const FIELDS = ["externalId", "email", "phone", "firstName", "lastName", "locale", "timeZone"] as const;

/** What has a column besides the built-in fields. */
export interface CsvColumns {
  readonly attributes: readonly AttributeDefinition[];
  readonly consents: readonly ConsentColumn[];
  readonly topics: readonly Pick<Topic, "key">[];
}

/** The header: the built-in fields, each attribute, each consent as `consent:email:marketing`, each topic as `topic:offers`. */
export function csvHeader({ attributes, consents, topics }: CsvColumns): readonly string[] {
  return [
    ...FIELDS,
    ...attributes.map(({ name }) => name),
    ...consents.map(({ channel, purpose }) => `consent:${channel}:${purpose}`),
    ...topics.map(({ key }) => `topic:${key}`),
  ];
}

/** The row of one contact, in the order of the header. */
export function csvRow(
  { contact, consents: given, preferences }: ContactExport,
  { attributes, consents, topics }: CsvColumns,
): readonly (string | number | null)[] {
  return [
    ...FIELDS.map((name) => contact[name]),
    ...attributes.map(({ name }) => {
      const value = Object.hasOwn(contact.attributes, name) ? contact.attributes[name] : undefined;
      if (value === undefined) return null;
      if (Array.isArray(value)) return value.join(LIST_SEPARATOR);
      return typeof value === "number" ? value : String(value);
    }),
    ...consents.map(
      ({ channel, purpose }) =>
        given.find((consent) => consent.channel === channel && consent.purpose === purpose)?.state ?? null,
    ),
    ...topics.map(({ key }) => preferences.topics.find(({ topic }) => topic === key)?.state ?? null),
  ];
}

/**
 * Rows as CSV (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe before it, which the import takes off again
 * (OWASP, "CSV Injection").
 */
export function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: "windows" },
  );
}
