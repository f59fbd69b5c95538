/** What a host may plan: limits for the whole, the day and each channel, a contingency, and when to be alerted. */
import { z } from "zod";
import type { Money } from "../math/money.ts";
import { moneyToDecimal } from "../math/money.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { Counter } from "./scope.ts";
import type { Plan } from "./store/plans.ts";

/** A change of a budget. What is absent stays as it is. */
export interface BudgetChanges {
  /** What the campaign may spend; `null`: no limit. */
  readonly total?: Money | null;
  /** What it may spend on each local day of its time zone; `null`: no limit. A change counts from today. */
  readonly daily?: Money | null;
  /** What each channel may spend. All of them at once: a channel that is left out has no limit of its own any more. */
  readonly channels?: Readonly<Record<string, Money>>;
  /** The share of the total, 0 to 100 with up to two decimals, that is kept back for what nobody planned. */
  readonly contingencyPercent?: number;
  /** The shares of the total and of each channel, whole percents from 1 to 200, that raise an alert when they are spent. */
  readonly alertPercents?: readonly number[];
  /** Refuses the change when the budget has been changed since it was read at this version. */
  readonly version?: number;
}

const moneySchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, { error: "Give an ISO 4217 code (three capital letters)." }),
  amountMicros: z
    .number()
    .int({ error: "Give a whole number of micros, such as money() makes." })
    .min(0, { error: "A limit is not negative." }),
});

/** The schema of a change. */
export const budgetChangesSchema = z.strictObject({
  total: moneySchema.nullable().optional(),
  daily: moneySchema.nullable().optional(),
  channels: z.record(z.string().min(1).max(200), moneySchema).optional(),
  contingencyPercent: z
    .number()
    .min(0)
    .max(100)
    .refine((percent) => Number.isInteger(Math.round(percent * 1e6) / 1e4), {
      error: "Give a percentage with at most two decimals.",
    })
    .optional(),
  alertPercents: z
    .array(z.number().int().min(1).max(200))
    .max(20)
    .refine((percents) => new Set(percents).size === percents.length, { error: "Name each percentage once." })
    .optional(),
  version: z.number().int().optional(),
});

/** The limits of a plan, in micros. `null`: no limit. */
export interface Limits {
  readonly totalMicros: number | null;
  /** Kept back from the total. */
  readonly heldMicros: number;
  readonly dailyMicros: number | null;
  readonly channels: ReadonlyMap<string, number>;
}

/** The contingency of a total, rounded up to a whole micro: it is never less than was asked for. */
export function contingencyOf(totalMicros: number | null, percent: number): number {
  if (totalMicros === null) return 0;
  const hundredths = BigInt(Math.round(percent * 100));
  return Number((BigInt(totalMicros) * hundredths + 9_999n) / 10_000n);
}

/** The plan and the limits that a change leads to. */
export function applyChanges(
  plan: Plan,
  counters: readonly Counter[],
  changes: BudgetChanges,
  campaign: { readonly currency: string; readonly timeZone: string } = plan,
): { readonly plan: Plan; readonly limits: Limits } {
  const kept = (given: Money | null | undefined, before: number | null): number | null =>
    given === undefined ? before : (given?.amountMicros ?? null);
  const total = counters.find(({ kind }) => kind === "total");
  const totalMicros = kept(changes.total, total?.limitMicros ?? null);
  const dailyMicros = kept(changes.daily, plan.dailyMicros);
  const contingencyPercent = changes.contingencyPercent ?? plan.contingencyPercent;
  const channels = new Map<string, number>(
    changes.channels === undefined
      ? counters.flatMap(({ kind, name, limitMicros }) =>
          kind === "channel" && limitMicros !== null ? [[name, limitMicros] as const] : [],
        )
      : Object.entries(changes.channels).map(([name, { amountMicros }]) => [name, amountMicros] as const),
  );
  return {
    plan: {
      ...plan,
      currency: campaign.currency,
      timeZone: campaign.timeZone,
      dailyMicros,
      contingencyPercent,
      alertPercents: (changes.alertPercents ?? plan.alertPercents).toSorted((a, b) => a - b),
    },
    limits: {
      totalMicros,
      heldMicros: contingencyOf(totalMicros, contingencyPercent),
      dailyMicros,
      channels,
    },
  };
}

/** What a change is made on. */
export interface Before {
  readonly plan: Plan;
  readonly counters: readonly Counter[];
  /** The local day. */
  readonly today: string;
  /** Whether there is any movement, when the currency is to change. */
  readonly moneyHasMoved: boolean;
}

/** Everything that stands against a change; none when it may be made. */
export function findProblems(
  before: Before,
  changes: BudgetChanges,
  after: { readonly plan: Plan; readonly limits: Limits },
): readonly ValidationIssue[] {
  return [
    ...currencyProblems(before, changes, after),
    ...allocationProblems(changes, after),
    ...loweringProblems(before, after),
  ];
}

function textOf(amountMicros: number, { currency }: Plan): string {
  return `${moneyToDecimal({ currency, amountMicros })} ${currency}`;
}

function currencyProblems(
  before: Before,
  changes: BudgetChanges,
  { plan, limits }: { readonly plan: Plan; readonly limits: Limits },
): readonly ValidationIssue[] {
  const given: readonly (readonly [readonly string[], Money | null | undefined])[] = [
    [["total"], changes.total],
    [["daily"], changes.daily],
    ...Object.entries(changes.channels ?? {}).map(([name, money]) => [["channels", name], money] as const),
  ];
  const issues: ValidationIssue[] = given.flatMap(([path, money]) => {
    if (money == null || money.currency === plan.currency) return [];
    const message = `The limit is in ${money.currency}, the budget in ${plan.currency}; convert it first.`;
    return [{ path, message }];
  });
  if (plan.currency === before.plan.currency) return issues;
  const was = before.plan.currency;
  if (before.moneyHasMoved) {
    issues.push({
      path: ["currency"],
      message: `Money has moved in ${was}; the currency can't change any more.`,
    });
  } else if (changes.channels === undefined && limits.channels.size > 0) {
    issues.push({
      path: ["currency"],
      message: `Channels have limits in ${was}; take them off with budgets.set first.`,
    });
  }
  return issues;
}

function allocationProblems(
  changes: BudgetChanges,
  { plan, limits }: { readonly plan: Plan; readonly limits: Limits },
): readonly ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const { totalMicros, heldMicros, dailyMicros } = limits;
  const allocated = [...limits.channels.values()].reduce((sum, micros) => sum + BigInt(micros), 0n);
  if (totalMicros !== null && allocated + BigInt(heldMicros) > BigInt(totalMicros)) {
    const over = Number(allocated + BigInt(heldMicros) - BigInt(totalMicros));
    const [changed = "total"] = (["channels", "contingencyPercent", "total"] as const).filter(
      (field) => changes[field] !== undefined,
    );
    const parts = `The channels (${textOf(Number(allocated), plan)}) and the contingency (${textOf(heldMicros, plan)})`;
    const message = `${parts} are ${textOf(over, plan)} more than the total of ${textOf(totalMicros, plan)}.`;
    issues.push({ path: [changed], message });
  }
  if (totalMicros === null && (changes.contingencyPercent ?? 0) > 0) {
    const message = "A contingency is a share of the total; set a total with it.";
    issues.push({ path: ["contingencyPercent"], message });
  }
  if (totalMicros !== null && dailyMicros !== null && dailyMicros > totalMicros) {
    const message = `The daily limit of ${textOf(dailyMicros, plan)} is above the total of ${textOf(totalMicros, plan)}.`;
    issues.push({ path: [changes.daily === undefined ? "total" : "daily"], message });
  }
  return issues;
}

/** A limit may be raised whatever is spent, but not lowered below it. */
function loweringProblems(
  { counters, today }: Before,
  { plan, limits }: { readonly plan: Plan; readonly limits: Limits },
): readonly ValidationIssue[] {
  return counters.flatMap((counter) => {
    const next = limitAfter(counter, limits);
    const used = counter.committedMicros + counter.reservedMicros;
    const lowered = next !== null && (counter.limitMicros === null || next < counter.limitMicros);
    if (!lowered || next >= used || (counter.kind === "daily" && counter.name !== today)) return [];
    const message = `${textOf(used, plan)} are spent or reserved already, so the limit can't be lowered to ${textOf(next, plan)}.`;
    return [{ path: counter.kind === "channel" ? ["channels", counter.name] : [counter.kind], message }];
  });
}

/** The limit that a counter has under new limits. */
export function limitAfter({ kind, name }: Counter, limits: Limits): number | null {
  if (kind === "total") return limits.totalMicros;
  if (kind === "daily") return limits.dailyMicros;
  return limits.channels.get(name) ?? null;
}
