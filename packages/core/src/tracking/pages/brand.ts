/** How a host makes the pages its own: a name, a logo, a colour. Checked, because all of it ends up in HTML, CSS and a header. Pure. */

/** Whose pages they are. */
export interface PageBrand {
  /** What people know the sender by. */
  readonly name: string;
  /** An `https` address of an image, shown at most 48 pixels high in place of the name. It stands on white and, in dark mode, on nearly black. */
  readonly logoUrl?: string;
  /** Of buttons and boxes, as `#rrggbb`. Where text on it, or it on the page, would be hard to see, the page sees to the contrast. */
  readonly accentColor?: string;
  /** The same in dark mode; `accentColor` when absent. */
  readonly darkAccentColor?: string;
}

/** A checked brand. */
export interface CheckedBrand {
  readonly name: string;
  readonly logo: URL | null;
  readonly accentColor: string | null;
  readonly darkAccentColor: string | null;
}

const MAX_NAME = 100;
const KNOWN: readonly string[] = ["name", "logoUrl", "accentColor", "darkAccentColor"];

/** What is wrong with a brand, or the brand. */
export type BrandReading =
  | { readonly outcome: "read"; readonly brand: CheckedBrand }
  | { readonly outcome: "refused"; readonly field: string; readonly reason: string };

/** Reads a brand as a host gives it. */
export function readBrand(given: unknown): BrandReading {
  if (typeof given !== "object" || given === null)
    return refused("brand", "it must be an object with a name");
  const fields = given as Readonly<Record<string, unknown>>;
  const stranger = Object.keys(fields).find((field) => !KNOWN.includes(field));
  if (stranger !== undefined) return refused(stranger, `a brand has ${KNOWN.join(", ")} and nothing else`);
  const { name, logoUrl, accentColor = null, darkAccentColor = accentColor } = fields;
  if (typeof name !== "string" || name.trim() === "" || name.length > MAX_NAME)
    return refused("name", `it must be a text of 1 to ${MAX_NAME} characters`);
  const logo = logoUrl === undefined ? null : URL.parse(String(logoUrl));
  if (logoUrl !== undefined && (logo?.protocol !== "https:" || logo.username !== "" || logo.password !== ""))
    return refused("logoUrl", "it must be an https URL without a user name");
  if (!isColor(accentColor)) return refused("accentColor", COLOR_REASON);
  if (!isColor(darkAccentColor)) return refused("darkAccentColor", COLOR_REASON);
  return { outcome: "read", brand: { name: name.trim(), logo, accentColor, darkAccentColor } };
}

const COLOR_REASON = "it must be a colour as #rrggbb";

function isColor(value: unknown): value is string | null {
  return value === null || (typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value));
}

function refused(field: string, reason: string): BrandReading {
  return { outcome: "refused", field, reason };
}
