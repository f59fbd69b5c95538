/** What a template can refer to: the contact, the campaign, the addresses of our own pages. */
import type { RenderContext } from "@campaignkit/core";

type Members = Record<string, unknown>;

/** The variables of one message. Objects in it have no prototype, so nothing can be reached but what is listed. */
export type MergeScope = Members & { readonly contact: Members; readonly campaign: Members };

/** What a template may start a variable with. */
export const MERGE_ROOTS: readonly string[] = ["contact", "campaign", "unsubscribeUrl", "preferencesUrl"];
/** The fields that every contact has. The other fields of `contact` are its attributes. */
const CONTACT_FIELDS: readonly string[] = [
  "firstName",
  "lastName",
  "email",
  "externalId",
  "locale",
  "timeZone",
  "attributes",
];
/** The fields of `campaign`. */
export const CAMPAIGN_FIELDS: readonly string[] = ["id", "name"];

const MAX_DEPTH = 8;

/** Whether a value counts as missing: nothing there, or nothing but white space. */
function isBlank(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === "string" && value.trim() === "");
}

/** A copy without blank members, so that a blank is missing wherever it stands; a list keeps its length. */
function withoutBlanks(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutBlanks(item, depth - 1));
  if (value instanceof Date) return value.toISOString();
  return members(value, depth);
}

function members(source: object, depth = MAX_DEPTH): Members {
  const result: Members = Object.create(null);
  for (const [name, value] of Object.entries(source)) {
    if (!isBlank(value)) result[name] = withoutBlanks(value, depth - 1);
  }
  return result;
}

/** The variables of a message. A blank value is left out, and so is missing; an attribute never hides a field of its own. */
export function mergeScope({ recipient, campaign, urls }: RenderContext): MergeScope {
  const attributes = members(recipient?.attributes ?? {});
  const own =
    recipient === null
      ? {}
      : {
          firstName: recipient.firstName,
          lastName: recipient.lastName,
          email: recipient.address,
          externalId: recipient.externalId,
          locale: recipient.locale,
          timeZone: recipient.timeZone,
        };
  const contact: Members = Object.create(null);
  for (const [name, value] of Object.entries(attributes)) {
    if (!CONTACT_FIELDS.includes(name)) contact[name] = value;
  }
  for (const [name, value] of Object.entries(own)) if (!isBlank(value)) contact[name] = value;
  contact["attributes"] = attributes;
  return Object.assign(Object.create(null), {
    contact,
    campaign: members(campaign),
    ...(urls.unsubscribe === null ? {} : { unsubscribeUrl: urls.unsubscribe }),
    ...(urls.preferences === null ? {} : { preferencesUrl: urls.preferences }),
  });
}

/** The canonical name of a field: `contact.attributes.city`, `contact["city"]` and `contact.city` are one. */
export function canonicalField(path: string): string {
  const [root = "", ...rest] = path.replace(/\[["']([^"'\]]+)["']\]/g, ".$1").split(".");
  return [
    root,
    ...(root === "contact" && rest[0] === "attributes" && rest.length > 1 ? rest.slice(1) : rest),
  ].join(".");
}

/**
 * Gives a missing field a value, or makes it nil, wherever it can be referred to. Whether that changed anything: variables of the
 * template itself can't be filled in from outside.
 */
export function fillField(scope: MergeScope, path: string, value: string | number | boolean | null): boolean {
  const [root, ...names] = canonicalField(path).split(".");
  if (root === undefined || !MERGE_ROOTS.includes(root)) return false;
  const places: readonly (readonly string[])[] =
    root === "contact" && names.length > 0
      ? [
          [root, ...names],
          [root, "attributes", ...names],
        ]
      : [[root, ...names]];
  return places.map((place) => fillAt(scope, place, value)).includes(true);
}

function fillAt(from: Members, path: readonly string[], value: string | number | boolean | null): boolean {
  const [name, ...rest] = path;
  if (name === undefined || Array.isArray(from)) return false;
  const present = from[name];
  if (rest.length === 0 || (present === undefined && value === null)) {
    if (present !== undefined && present !== null) return false;
    from[name] = value;
    return present === undefined || value !== null;
  }
  const next = present ?? Object.create(null);
  if (typeof next !== "object") return false;
  from[name] = next;
  return fillAt(next as Members, rest, value);
}
