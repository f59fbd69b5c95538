/** Campaign parameters of web analytics (UTM) on the links of a mail. */
import { z } from "zod";

/** What analytics on the host's own pages shall say that a visit came from. Each becomes a parameter `utm_…`. */
export interface UtmInput {
  /** Such as `newsletter`. */
  readonly source?: string | undefined;
  /** Such as `email`. */
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  readonly content?: string | undefined;
  readonly term?: string | undefined;
}

const value = z.string().trim().min(1).max(200).optional();

/** Checks them. */
export const utmSchema: z.ZodType<UtmInput, UtmInput> = z.strictObject({
  source: value,
  medium: value,
  campaign: value,
  content: value,
  term: value,
});

const NAMES = ["source", "medium", "campaign", "content", "term"] as const;

/** The parameters as one piece of a query; the later settings override the earlier ones, one by one. `""`: there are none. */
export function utmQuery(...settings: readonly (UtmInput | undefined)[]): string {
  const parameters = new URLSearchParams();
  for (const name of NAMES) {
    const last = settings.findLast((each) => each?.[name] !== undefined)?.[name];
    if (last !== undefined) parameters.set(`utm_${name}`, last);
  }
  return parameters.toString();
}

/** The address with that piece in its query, the rest as written. One that has campaign parameters already stays as it is. */
export function withUtm(address: string, query: string): string {
  if (query === "") return address;
  const hash = address.indexOf("#");
  const [page, fragment] = hash === -1 ? [address, ""] : [address.slice(0, hash), address.slice(hash)];
  const mark = page.indexOf("?");
  if (mark === -1) return `${page}?${query}${fragment}`;
  const known = new URLSearchParams(page.slice(mark));
  if ([...known.keys()].some((name) => name.toLowerCase().startsWith("utm_"))) return address;
  return `${page}${mark === page.length - 1 || page.endsWith("&") ? "" : "&"}${query}${fragment}`;
}
