/** What people and hosts write to move money by hand. */
import { z } from "zod";
import { textOf } from "../kernel/text.ts";
import { isId } from "../kernel/validate.ts";
import type { Money } from "../math/money.ts";
import { currencySchema } from "../policies/index.ts";
import { daySchema } from "./day.ts";
import type { BudgetCause } from "./movement.ts";
import { COST_KINDS, type CostKind } from "./scope.ts";

/** What every movement by hand says. */
export interface HandInput {
  /** Names the movement in the campaign: repeated with the same content it books nothing more, with another it is refused. */
  readonly key: string;
  /** What it pays for, such as `{ type: "invoice", id: "2027-114" }`; the key by itself when absent. */
  readonly cause?: BudgetCause;
  /** A remark for the ledger. No personal data: the ledger is never erased. */
  readonly note?: string;
}

/** Money to set aside. */
export interface ReserveInput extends HandInput {
  /** More than 0; another currency is converted at the rate in force today. */
  readonly amount: Money;
  readonly kind: CostKind;
  /** The channel it is meant for; none when absent. */
  readonly channel?: string | null;
  /** Gives it back by itself when nobody has settled it by then. */
  readonly expiresAt?: Date;
  /** Whether it may use what is kept back as contingency. */
  readonly useContingency?: boolean;
}

/** What became of set-aside money. */
export interface SettleInput extends Omit<HandInput, "cause"> {
  /** All that is open when absent. */
  readonly amount?: Money;
}

/** A correction of what is booked as spent. */
export interface AdjustInput extends HandInput {
  /** What to add to the spent money; negative to take off. */
  readonly amount: Money;
  readonly kind: CostKind;
  readonly channel?: string | null;
  /** The local day to correct; today when absent. */
  readonly day?: string;
  /** Why: a correction needs a reason. */
  readonly note: string;
}

/** A cost that has happened. */
export interface CostInput extends HandInput {
  /** 0 or more; another currency is converted at the rate in force on the day of the cost. */
  readonly amount: Money;
  readonly kind: CostKind;
  readonly channel?: string | null;
  /** When it was incurred; now when absent. It counts on that local day. */
  readonly incurredAt?: Date;
}

const word = textOf({ min: 1, max: 200 });
const key = word;
const cause = z.strictObject({ type: word, id: word }).optional();
const note = textOf({ max: 1_000 }).optional();
const channel = word.nullable().default(null);
const kind = z.enum(COST_KINDS);
const instant = z.date({ error: "Give a valid Date." });

const moneyOf = (amount: z.ZodType<number>): z.ZodType<Money> =>
  z.strictObject({ currency: currencySchema, amountMicros: amount });
const whole = z.int({ error: "Give a whole number of micros, such as money() makes." });
const positiveMoney = moneyOf(whole.positive({ error: "Give more than 0." }));

export const reserveSchema = z.strictObject({
  key,
  cause,
  note,
  amount: positiveMoney,
  kind,
  channel,
  expiresAt: instant.optional(),
  useContingency: z.boolean().default(false),
});

export const settleSchema = z.strictObject({ key, note, amount: positiveMoney.optional() });

export const adjustSchema = z.strictObject({
  key,
  cause,
  note: textOf({ min: 1, max: 1_000 }),
  amount: moneyOf(
    whole.refine((amount) => amount !== 0, { error: "Nothing would change; give more or less than 0." }),
  ),
  kind,
  channel,
  day: daySchema.optional(),
});

export const costSchema = z.strictObject({
  key,
  cause,
  note,
  amount: moneyOf(whole.nonnegative({ error: "Give 0 or more; a refund is an adjustment." })),
  kind,
  channel,
  incurredAt: instant.optional(),
});

/** Cursors of the lists are ids; anything else is no cursor of ours. */
export const placeSchema = z
  .string()
  .refine(isId, { error: "This is no cursor of a page before; start without one." });

/** Which movements to list, as it comes from outside. */
export const movementQuerySchema = z.strictObject({
  kind: z.enum(["reserve", "commit", "release", "adjust"]).optional(),
  costKind: kind.optional(),
  channel: word.optional(),
  day: daySchema.optional(),
  actor: word.optional(),
  reservationId: z.string().refine(isId, { error: "This is no id of a reservation." }).optional(),
  cause: z.strictObject({ type: word, id: word.optional() }).optional(),
  limit: z.number().optional(),
  cursor: z.string().nullable().optional(),
});
