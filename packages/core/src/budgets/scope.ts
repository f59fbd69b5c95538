/**
 * Scopes: what a movement counts against, and what each of them has left.
 *
 * Pure. Every movement counts in the campaign's total, in its local day, in its kind of cost, and in its channel if it has one.
 */

/** What has limits, alerts and exhaustion of its own. */
export type BudgetScope = "total" | "daily" | "channel";

/** What money is spent on. */
export const COST_KINDS = ["media", "ai", "message", "tool", "labour"] as const;

/** A kind of cost. */
export type CostKind = (typeof COST_KINDS)[number];

/** One counter's place. */
export interface ScopeKey {
  readonly kind: BudgetScope | "cost";
  /** Empty for the total; else the day, the kind of cost, or the channel. */
  readonly name: string;
}

/** One counter. All amounts are micros of the budget's currency. */
export interface Counter extends ScopeKey {
  readonly limitMicros: number | null;
  /** Kept back from the limit as contingency. */
  readonly heldMicros: number;
  readonly committedMicros: number;
  readonly reservedMicros: number;
  /** The smallest price that found no room since there was some; else `null`. */
  readonly wantedMicros: number | null;
  /** Whether it was told that there is no room. */
  readonly exhausted: boolean;
}

/** A counter that can have a limit: of anything but a kind of cost. */
export interface LimitedCounter extends Counter {
  readonly kind: BudgetScope;
}

/** Whether the counter can have a limit. */
export function isLimited(counter: Counter): counter is LimitedCounter {
  return counter.kind !== "cost";
}

/** How activities and results name a scope. */
export function nameScope({ kind, name }: { readonly kind: BudgetScope; readonly name: string }): {
  readonly scope: BudgetScope;
  readonly channel: string | null;
} {
  return { scope: kind, channel: kind === "channel" ? name : null };
}

/** Where a movement counts. */
export interface Placement {
  /** The local day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly costKind: CostKind;
  readonly channel: string | null;
}

/** The counters that a movement at this place touches, in the order in which they are locked. */
export function scopesOf({ day, costKind, channel }: Placement): readonly ScopeKey[] {
  const scopes: ScopeKey[] = [
    { kind: "total", name: "" },
    { kind: "daily", name: day },
    { kind: "cost", name: costKind },
  ];
  if (channel !== null) scopes.push({ kind: "channel", name: channel });
  return scopes;
}

/** What the engine may still reserve: never the contingency; negative when costs that had happened went past it; infinite without a limit. */
export function roomOf({ limitMicros, heldMicros, committedMicros, reservedMicros }: Counter): number {
  return limitMicros === null
    ? Number.POSITIVE_INFINITY
    : limitMicros - heldMicros - committedMicros - reservedMicros;
}

/** What a day's exhaustion can't outweigh, and a channel's not the total's. */
const GRAVITY: readonly BudgetScope[] = ["total", "channel", "daily"];

/** The gravest scope that has no room for one more unit; `null` when all have. */
export function boundScope(counters: readonly Counter[], unitMicros: number): BudgetScope | null {
  const bound = new Set(counters.filter((counter) => roomOf(counter) < unitMicros).map(({ kind }) => kind));
  return GRAVITY.find((scope) => bound.has(scope)) ?? null;
}
