/** The policies of a workspace: what they are, their defaults, and what is a valid change. */
import { z } from "zod";
import { type QuietHours, quietHoursSchema } from "./quiet-hours.ts";

/** What happens to a campaign whose start was missed by more than a grace, because the host was down or its clock jumped. */
export interface MisfireRule {
  /**
   * `send`: launch anyway. `skip`: cancel it, with the reason. `ask`: leave it scheduled, marked with `needsDecision`, until a person
   * launches, moves or cancels it.
   */
  readonly policy: "send" | "skip" | "ask";
  /** How late a launch still counts as on time, in milliseconds. */
  readonly graceMs: number;
}

/** When mail that came back suppresses its address. What a far side has against the sender or the message never does. */
export interface BounceRule {
  /** Whether an address that does not exist is suppressed at once. */
  readonly suppressHard: boolean;
  /** So many messages that came back for reasons that may pass suppress the address; `null`: never. */
  readonly softLimit: number | null;
  /** Within how many days those count together. */
  readonly softDays: number;
}

/** The rules of a workspace. `null` switches a limit off. */
export interface Policies {
  /** How many campaigns may be active at once. Default 10. */
  readonly maxActiveCampaigns: number | null;
  /** How many contacts an experiment needs. Default 100. */
  readonly minExperimentContacts: number;
  /** How many e-mails a contact may get in a week, over all campaigns and journeys. Default 3. */
  readonly maxEmailsPerContactPerWeek: number | null;
  /** Content for more recipients than this needs an approval. Default 1,000. */
  readonly approvalRequiredAbove: number | null;
  /** Whether a campaign pauses when its budget is exhausted. Default true. */
  readonly pauseWhenBudgetExhausted: boolean;
  /** Whether only contacts who consented are sent to. Default true. */
  readonly requireConsent: boolean;
  /** What happens after a missed start, where a campaign says nothing of its own. Default: ask, after a grace of one hour. */
  readonly misfire: MisfireRule;
  /** When mail that came back suppresses its address. Default: an address that does not exist at once, others after 5 messages within 30 days. */
  readonly bounces: BounceRule;
  /** Hours in which no marketing is sent, by each contact's own clock; it goes out when they are over. Default: none. */
  readonly quietHours: QuietHours | null;
  /** The currency (ISO 4217) of campaigns that name none. Default USD. */
  readonly defaultCurrency: string;
}

/** The policies of a workspace that has set none. */
export const DEFAULT_POLICIES: Policies = {
  maxActiveCampaigns: 10,
  minExperimentContacts: 100,
  maxEmailsPerContactPerWeek: 3,
  approvalRequiredAbove: 1_000,
  pauseWhenBudgetExhausted: true,
  requireConsent: true,
  misfire: { policy: "ask", graceMs: 3_600_000 },
  bounces: { suppressHard: true, softLimit: 5, softDays: 30 },
  quietHours: null,
  defaultCurrency: "USD",
};

const count = (minimum: number): z.ZodType<number, number> =>
  z
    .int({ error: `Give a whole number, ${minimum} or more.` })
    .min(minimum, { error: `Give a whole number, ${minimum} or more.` });

/** A misfire rule as it comes from outside. */
export const misfireSchema: z.ZodType<MisfireRule> = z.strictObject({
  policy: z.enum(["send", "skip", "ask"]),
  graceMs: count(0),
});

/** A bounce rule as it comes from outside. */
const bounceRuleSchema: z.ZodType<BounceRule> = z.strictObject({
  suppressHard: z.boolean(),
  softLimit: count(1).nullable(),
  softDays: count(1),
});

/** An ISO 4217 code as it comes from outside. */
export const currencySchema: z.ZodType<string> = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: "Give an ISO 4217 code: three capital letters." });

/** A change of policies as it comes from outside. */
export const policyChangesSchema = z.strictObject({
  version: count(0),
  maxActiveCampaigns: count(0).nullable().optional(),
  minExperimentContacts: count(2).optional(),
  maxEmailsPerContactPerWeek: count(0).nullable().optional(),
  approvalRequiredAbove: count(0).nullable().optional(),
  pauseWhenBudgetExhausted: z.boolean().optional(),
  requireConsent: z.boolean().optional(),
  misfire: misfireSchema.optional(),
  bounces: bounceRuleSchema.optional(),
  quietHours: quietHoursSchema.nullable().optional(),
  defaultCurrency: currencySchema.optional(),
} satisfies Record<keyof Policies | "version", z.ZodType>);
