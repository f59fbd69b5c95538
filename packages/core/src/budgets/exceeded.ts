/** The answer to whoever asks for more than there is. */
import { moneyToDecimal } from "../math/money.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Counter } from "./scope.ts";
import type { Ceiling } from "./store/counters.ts";
import type { Plan } from "./store/plans.ts";

/** How far a scope may be filled by somebody who asks first. */
type AskedCeiling = Exclude<Ceiling, "none">;

/** What a scope has room for, with the contingency or without; never less than nothing. */
function spaceOf(counter: Counter, ceiling: AskedCeiling): number {
  const { limitMicros, heldMicros, committedMicros, reservedMicros } = counter;
  if (limitMicros === null) return Number.POSITIVE_INFINITY;
  const room = limitMicros - committedMicros - reservedMicros - (ceiling === "plan" ? heldMicros : 0);
  return Math.max(0, room);
}

/** Whether all of the scopes have room for the amount. */
export function hasRoomFor(
  amountMicros: number,
  counters: readonly Counter[],
  ceiling: AskedCeiling,
): boolean {
  return counters.every((counter) => spaceOf(counter, ceiling) >= amountMicros);
}

/** The error that names the tightest scope and what it has. */
export function budgetExceeded(
  plan: Plan,
  counters: readonly Counter[],
  requestedMicros: number,
  ceiling: AskedCeiling,
): CampaignKitError<"BUDGET_EXCEEDED"> {
  const spaces = counters.map(({ kind, name, ...rest }) => ({
    scope: name === "" ? kind : `${kind}:${name}`,
    availableMicros: spaceOf({ kind, name, ...rest }, ceiling),
  }));
  const { scope, availableMicros } = spaces.reduce((tightest, space) =>
    space.availableMicros < tightest.availableMicros ? space : tightest,
  );
  const { campaignId, currency } = plan;
  const text = (amountMicros: number): string => `${moneyToDecimal({ currency, amountMicros })} ${currency}`;
  return new CampaignKitError(
    "BUDGET_EXCEEDED",
    `The ${scope} budget of campaign ${campaignId} has ${text(availableMicros)} left, not ${text(requestedMicros)}. Raise the limit with budgets.set, or ask for less.`,
    { campaignId, scope, requestedMicros, availableMicros, currency },
  );
}
