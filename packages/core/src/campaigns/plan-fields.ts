/** The fields of a plan as they come from outside, each checked by itself, so that one wrong field does not hide another. */
import { z } from "zod";
import { textOf } from "../kernel/text.ts";
import { isId } from "../kernel/validate.ts";
import type { Money } from "../math/money.ts";
import { isTimeZone } from "../math/time-zone.ts";
import { currencySchema, misfireSchema } from "../policies/index.ts";

/** How far a sum of shares may be from 100: binary fractions of decimal ones, and no more. */
const SHARE_TOLERANCE = 1e-6;

const name = textOf({ max: 200, min: 1 });
const word = textOf({ max: 100, min: 1 });
const phrase = textOf({ max: 500, min: 1 });

const listOf = <Item extends z.ZodType>(item: Item, max: number): z.ZodArray<Item> =>
  z.array(item).max(max, { error: `At most ${max} fit.` });

/** A list in which a repeated text is one. */
const setOf = (item: z.ZodType<string>, max: number): z.ZodType<string[]> =>
  listOf(item, max).transform((items) => [...new Set(items)]);

const positive = z.number().positive({ error: "Give a number above 0." });
const amount = z.number().nonnegative({ error: "Give 0 or more." });

const instant = z.date({ error: "Give a valid Date." });

const id = (entity: string): z.ZodType<string> =>
  z.string().refine(isId, { error: ({ input }) => `"${String(input)}" is no id of a ${entity}.` });

const moneySchema: z.ZodType<Money> = z.strictObject({
  currency: currencySchema,
  amountMicros: z
    .int({ error: "Give a whole number of micros, such as money() makes." })
    .nonnegative({ error: "A budget can't be negative." }),
});

const contentMix = z.record(word, amount).refine(
  (shares) => {
    const values = Object.values(shares);
    const sum = values.reduce((total, share) => total + share, 0);
    return values.length === 0 || Math.abs(sum - 100) <= SHARE_TOLERANCE;
  },
  {
    error: ({ input }) => {
      const sum = Object.values(input as Record<string, number>).reduce((total, share) => total + share, 0);
      return `The shares sum to ${Number(sum.toFixed(6))}; they must sum to 100.`;
    },
  },
);

/** A list in which no two items have the same name; the later one is refused. */
const uniquelyNamed = <Item extends { readonly name: string }>(
  list: z.ZodType<Item[]>,
  what: string,
): z.ZodType<Item[]> =>
  list.check(({ value, issues }) => {
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      if (seen.has(item.name)) {
        issues.push({
          code: "custom",
          input: item,
          path: [index, "name"],
          message: `Two ${what} are called "${item.name}"; give each a name of its own.`,
        });
      }
      seen.add(item.name);
    }
  });

/** Each field as it is given; what is left out stands nowhere. */
export const PLAN_FIELDS = {
  name,
  description: textOf({ max: 10_000 }),
  type: word,
  objectives: setOf(word, 50),
  timeZone: z.string().refine(isTimeZone, {
    error: ({ input }) => `"${String(input)}" is no IANA time zone; give one such as "Europe/Berlin".`,
  }),
  startsAt: instant,
  endsAt: instant.nullable(),
  themes: setOf(phrase, 100),
  brandVoice: z
    .strictObject({
      tone: textOf({ max: 2_000 }).nullable().optional(),
      guidelines: textOf({ max: 20_000 }).nullable().optional(),
      vocabulary: setOf(phrase, 500).optional(),
      bannedWords: setOf(phrase, 500).optional(),
    })
    .nullable(),
  postsPerDay: positive.max(1_000, { error: "At most 1,000 posts a day." }).nullable(),
  contentMix,
  channels: z.array(
    z.union([z.string(), z.strictObject({ channel: z.string(), config: z.unknown().optional() })], {
      error: "Give a channel's name, or { channel, config }.",
    }),
  ),
  segmentIds: setOf(id("segment"), 500),
  budget: z.strictObject({
    total: moneySchema.nullable().optional(),
    daily: moneySchema.nullable().optional(),
  }),
  currency: currencySchema,
  targets: z.strictObject({
    reach: amount.nullable().optional(),
    engagementRate: amount.max(1, { error: "Give a rate from 0 to 1." }).nullable().optional(),
    conversions: amount.nullable().optional(),
  }),
  kpis: uniquelyNamed(
    listOf(
      z.strictObject({
        name: word,
        target: z.number(),
        unit: textOf({ max: 40 }),
        current: z.number().nullable().optional(),
      }),
      100,
    ),
    "KPIs",
  ),
  automation: z.strictObject({
    generateContent: z.boolean().optional(),
    optimizeTiming: z.boolean().optional(),
    adjustBudget: z.boolean().optional(),
  }),
  milestones: listOf(z.strictObject({ id: id("milestone").optional(), name, dueAt: instant }), 200),
  folderId: id("folder").nullable(),
  tags: setOf(word, 100),
  owner: textOf({ max: 200, min: 1 }).nullable(),
  misfire: misfireSchema.nullable(),
};

/** A field of the plan. */
export type PlanField = keyof typeof PLAN_FIELDS;

/** Fields as they were given and found good. */
export type PlanValues = { readonly [Field in PlanField]?: z.output<(typeof PLAN_FIELDS)[Field]> };

/** The fields that a new campaign can't do without. */
export const NEEDED_FIELDS: readonly PlanField[] = ["name", "timeZone", "startsAt"];
