/** Which campaigns are wanted, and in which order. */
import { z } from "zod";
import type { PageRequest } from "../../kernel/page.ts";
import { isStorable, textOf } from "../../kernel/text.ts";
import { isId } from "../../kernel/validate.ts";
import type { CampaignObjective, CampaignState, CampaignType } from "../campaign.ts";

/** One value, or several of which any will do. */
export type OneOrMore<Value> = Value | readonly Value[];

/** What a list can be sorted by. Campaigns without an end come after all others by `endsAt`; `name` leaves case and accents aside. */
export type CampaignSort = "createdAt" | "updatedAt" | "startsAt" | "endsAt" | "name";

/** A list of campaigns. Every filter that is given must fit. */
export interface CampaignQuery extends PageRequest {
  readonly state?: OneOrMore<CampaignState>;
  readonly type?: OneOrMore<CampaignType>;
  readonly objective?: OneOrMore<CampaignObjective>;
  /** The host's name of a channel that it uses. */
  readonly channel?: OneOrMore<string>;
  readonly tag?: OneOrMore<string>;
  /** In this folder or anywhere under it; `null`: in no folder. */
  readonly folderId?: string | null;
  /** Planned for some of this time: from `from` (included) to `to` (excluded); either may be absent. */
  readonly overlaps?: { readonly from?: Date; readonly to?: Date };
  /** `null`: nobody's. */
  readonly owner?: string | null;
  /** Only those that wait for a person's decision, or (false) only those that do not. */
  readonly needsDecision?: boolean;
  /** `false` (the default) leaves archived campaigns out, `true` lists only them, `"any"` both. */
  readonly archived?: boolean | "any";
  /** `true` lists only deleted campaigns. */
  readonly deleted?: boolean;
  /** Each word must begin a word of the name, the description or a tag, letter case and accents aside. */
  readonly search?: string;
  /** By `createdAt`, newest first, when absent. Names ascend, instants descend, unless a direction is given. */
  readonly sort?: { readonly by: CampaignSort; readonly direction?: "asc" | "desc" };
}

const MAX_VALUES = 20;

function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z
    .union([item.transform((value) => [value]), z.array(item).max(MAX_VALUES)], {
      error: `Give one value, or a list of at most ${MAX_VALUES}.`,
    })
    .optional();
}

const value = textOf({ max: 500 });

/** A query as it comes from outside; `limit` and `cursor` are checked by the page. */
export const querySchema = z.strictObject({
  limit: z.unknown().optional(),
  cursor: z.unknown().optional(),
  state: oneOrMore(z.enum(["draft", "scheduled", "active", "paused", "completed", "cancelled"])),
  type: oneOrMore(value),
  objective: oneOrMore(value),
  channel: oneOrMore(value),
  tag: oneOrMore(value),
  folderId: z.string().nullable().optional(),
  overlaps: z.strictObject({ from: z.date().optional(), to: z.date().optional() }).optional(),
  owner: value.nullable().optional(),
  needsDecision: z.boolean().optional(),
  archived: z.union([z.boolean(), z.literal("any")]).optional(),
  deleted: z.boolean().optional(),
  search: textOf({ max: 500 }).optional(),
  sort: z
    .strictObject({
      by: z.enum(["createdAt", "updatedAt", "startsAt", "endsAt", "name"]),
      direction: z.enum(["asc", "desc"]).optional(),
    })
    .optional(),
} satisfies Record<keyof CampaignQuery, z.ZodType>);

/** A query that was found good. */
export type CheckedQuery = z.output<typeof querySchema>;

/** The order of a list. */
export interface ListOrder {
  readonly by: CampaignSort;
  readonly direction: "asc" | "desc";
}

/** The order that a query asks for. */
export function orderOf({ sort }: CheckedQuery): ListOrder {
  const { by, direction } = sort ?? { by: "createdAt" };
  return { by, direction: direction ?? (by === "name" ? "asc" : "desc") };
}

/** Where a page ended. It holds for the order it was made in. */
export interface ListPlace extends ListOrder {
  readonly key: string | number;
  readonly id: string;
}

/** A place as it comes back from outside, in the order that is asked for. */
export function placeSchema({ by, direction }: ListOrder): z.ZodType<ListPlace> {
  return z.strictObject({
    by: z.literal(by),
    direction: z.literal(direction),
    key: by === "name" ? z.string().refine(isStorable) : z.int(),
    id: z.string().refine(isId),
  }) as z.ZodType<ListPlace>;
}
