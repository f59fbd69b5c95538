/** Contacts as CSV, as `contacts.import` reads it again. Pure. */
import { stringify } from "csv-stringify/sync";
import type { AddressKind } from "../../ports/channel.ts";
import type { AttributeDefinition } from "../attributes/attribute.ts";
import type { ContactExport } from "./export.ts";

/** A consent that has a column of its own. */
export interface ConsentColumn {
  readonly channel: AddressKind;
  readonly purpose: string;
}

/** Between the texts of a list. */
export const LIST_SEPARATOR = ";";

const FIELDS = ["externalId", "email", "phone", "firstName", "lastName", "locale", "timeZone"] as const;

/** The header: the built-in fields, each attribute, each consent as `consent:email:marketing`. */
export function csvHeader(
  attributes: readonly AttributeDefinition[],
  consents: readonly ConsentColumn[],
): readonly string[] {
  return [
    ...FIELDS,
    ...attributes.map(({ name }) => name),
    ...consents.map(({ channel, purpose }) => `consent:${channel}:${purpose}`),
  ];
}

/** The row of one contact, in the order of the header. */
export function csvRow(
  { contact, consents: given }: ContactExport,
  attributes: readonly AttributeDefinition[],
  consents: readonly ConsentColumn[],
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
