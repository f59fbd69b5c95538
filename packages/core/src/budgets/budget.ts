/** A budget as a host sees it. */
import type { Money } from "../math/money.ts";
import { type Counter, roomOf } from "./scope.ts";
import type { Alert } from "./store/alerts.ts";
import type { Plan } from "./store/plans.ts";

/** Where one limit stands. */
export interface BudgetStand {
  /** `null`: no limit. */
  readonly limit: Money | null;
  /** What is spent. */
  readonly committed: Money;
  /** What is set aside and not settled yet. */
  readonly reserved: Money;
  /** What can still be reserved, without the contingency; `null`: no limit. */
  readonly available: Money | null;
  /** What was spent or set aside beyond the limit: costs that had happened are booked whatever the limit says. */
  readonly overspend: Money;
  /** Whether a reservation of the engine was refused here, and neither what is in flight nor a top-up has made room for it since. */
  readonly exhausted: boolean;
}

/** An alert that was raised. */
export interface BudgetAlert {
  readonly scope: "total" | "channel";
  /** The channel, where the scope is one. */
  readonly channel: string | null;
  readonly percent: number;
  readonly raisedAt: Date;
}

/** A campaign's budget: its limits, and what is used of each. */
export interface Budget {
  readonly campaignId: string;
  readonly currency: string;
  /** The zone whose days the daily limit is meant for. */
  readonly timeZone: string;
  readonly total: BudgetStand;
  /** Today, in the campaign's time zone. */
  readonly daily: BudgetStand & { readonly day: string; readonly endsAt: Date };
  /** Each channel that has a limit or any spend. */
  readonly channels: Readonly<Record<string, BudgetStand>>;
  /** The share of the total that is kept back, and what that is now. */
  readonly contingency: { readonly percent: number; readonly amount: Money };
  readonly alertPercents: readonly number[];
  readonly alerts: readonly BudgetAlert[];
  /** Counts the changes of the plan; give it to `set` to refuse a change on top of somebody else's. */
  readonly version: number;
}

const UNTOUCHED = {
  heldMicros: 0,
  committedMicros: 0,
  reservedMicros: 0,
  wantedMicros: null,
  exhausted: false,
};

function standOf(counter: Counter, currency: string): BudgetStand {
  const money = (amountMicros: number): Money => ({ currency, amountMicros });
  const { limitMicros, committedMicros, reservedMicros, exhausted } = counter;
  const used = committedMicros + reservedMicros;
  return {
    limit: limitMicros === null ? null : money(limitMicros),
    committed: money(committedMicros),
    reserved: money(reservedMicros),
    available: limitMicros === null ? null : money(Math.max(0, roomOf(counter))),
    overspend: money(limitMicros === null ? 0 : Math.max(0, used - limitMicros)),
    exhausted,
  };
}

/** Puts a budget together from what is stored. Pure. */
export function composeBudget(parts: {
  readonly plan: Plan;
  readonly counters: readonly Counter[];
  readonly alerts: readonly (Alert & { readonly raisedAt: number })[];
  readonly day: string;
  readonly dayEndsAt: number;
}): Budget {
  const { plan, counters, day } = parts;
  const { currency } = plan;
  const total = counters.find(({ kind }) => kind === "total") ?? {
    ...UNTOUCHED,
    kind: "total",
    name: "",
    limitMicros: null,
  };
  const today = counters.find(({ kind, name }) => kind === "daily" && name === day) ?? {
    ...UNTOUCHED,
    kind: "daily",
    name: day,
    limitMicros: plan.dailyMicros,
  };
  const channels = counters
    .filter(({ kind }) => kind === "channel")
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((counter) => [counter.name, standOf(counter, currency)] as const);
  return {
    campaignId: plan.campaignId,
    currency,
    timeZone: plan.timeZone,
    total: standOf(total, currency),
    daily: { ...standOf(today, currency), day, endsAt: new Date(parts.dayEndsAt) },
    channels: Object.fromEntries(channels),
    contingency: {
      percent: plan.contingencyPercent,
      amount: { currency, amountMicros: total.heldMicros },
    },
    alertPercents: plan.alertPercents,
    alerts: parts.alerts.map(({ kind, name, percent, raisedAt }) => ({
      scope: kind,
      channel: kind === "channel" ? name : null,
      percent,
      raisedAt: new Date(raisedAt),
    })),
    version: plan.version,
  };
}
