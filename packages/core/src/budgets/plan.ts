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

/** Everything that stands against a change; none when it may be made. */
export function findProblems(
  before: { readonly plan: Plan; readonly counters: readonly Counter[]; readonly today: string },
  changes: BudgetChanges,
  limits: Limits,
): readonly ValidationIssue[] {
  const { plan, counters, today } = before;
  const issues: ValidationIssue[] = [];
  const text = (amountMicros: number): string =>
    `${moneyToDecimal({ currency: plan.currency, amountMicros })} ${plan.currency}`;
  const named: readonly (readonly [readonly string[], Money | null | undefined])[] = [
    [["total"], changes.total],
    [["daily"], changes.daily],
    ...Object.entries(changes.channels ?? {}).map(([name, money]) => [["channels", name], money] as const),
  ];
  for (const [path, money] of named) {
    if (money == null || money.currency === plan.currency) continue;
    const message = `The limit is in ${money.currency}, the budget in ${plan.currency}; convert it first.`;
    issues.push({ path, message });
  }
  const allocated = [...limits.channels.values()].reduce((sum, micros) => sum + BigInt(micros), 0n);
  const { totalMicros, heldMicros } = limits;
  if (totalMicros !== null && allocated + BigInt(heldMicros) > BigInt(totalMicros)) {
    const over = Number(allocated + BigInt(heldMicros) - BigInt(totalMicros));
    const path = (["channels", "contingencyPercent", "total"] as const).filter(
      (field) => changes[field] !== undefined,
    );
    const message = `The channels (${text(Number(allocated))}) and the contingency (${text(heldMicros)}) are ${text(over)} more than the total of ${text(totalMicros)}.`;
    issues.push({ path: path.slice(0, 1), message });
  }
  if (totalMicros === null && (changes.contingencyPercent ?? 0) > 0) {
    const message = "A contingency is a share of the total; set a total with it.";
    issues.push({ path: ["contingencyPercent"], message });
  }
  for (const counter of counters) {
    const next = limitAfter(counter, limits);
    const used = counter.committedMicros + counter.reservedMicros;
    const lowered = next !== null && (counter.limitMicros === null || next < counter.limitMicros);
    if (!lowered || next >= used || (counter.kind === "daily" && counter.name !== today)) continue;
    const message = `${text(used)} are spent or reserved already, so the limit can't be lowered to ${text(next)}.`;
    issues.push({ path: counter.kind === "channel" ? ["channels", counter.name] : [counter.kind], message });
  }
  return issues;
}

/** The limit that a counter has under new limits. */
export function limitAfter({ kind, name }: Counter, limits: Limits): number | null {
  if (kind === "total") return limits.totalMicros;
  if (kind === "daily") return limits.dailyMicros;
  return limits.channels.get(name) ?? null;
}
