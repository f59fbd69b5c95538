/** The answer to whoever asks for more than there is. */
import { moneyToDecimal } from "../math/money.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Counter } from "./scope.ts";
import type { Ceiling } from "./store/counters.ts";
import type { Plan } from "./store/plans.ts";

/** What a scope has room for, with the contingency or without. */
function spaceOf(counter: Counter, ceiling: Exclude<Ceiling, "none">): number {
  const { limitMicros, heldMicros, committedMicros, reservedMicros } = counter;
  if (limitMicros === null) return Number.POSITIVE_INFINITY;
  const room = limitMicros - committedMicros - reservedMicros - (ceiling === "plan" ? heldMicros : 0);
  return Math.max(0, room);
}

/** The error that names the tightest scope; `null` when all have room for the amount. */
export function budgetExceeded(
  plan: Plan,
  counters: readonly Counter[],
  requestedMicros: number,
  ceiling: Exclude<Ceiling, "none">,
): CampaignKitError<"BUDGET_EXCEEDED"> | null {
  const [tightest] = counters.toSorted((a, b) => spaceOf(a, ceiling) - spaceOf(b, ceiling));
  if (tightest === undefined || spaceOf(tightest, ceiling) >= requestedMicros) return null;
  const { campaignId, currency } = plan;
  const scope = tightest.name === "" ? tightest.kind : `${tightest.kind}:${tightest.name}`;
  const availableMicros = spaceOf(tightest, ceiling);
  const text = (amountMicros: number): string => `${moneyToDecimal({ currency, amountMicros })} ${currency}`;
  return new CampaignKitError(
    "BUDGET_EXCEEDED",
    `The ${scope} budget of campaign ${campaignId} has ${text(availableMicros)} left, not ${text(requestedMicros)}. Raise the limit with budgets.set, or ask for less.`,
    { campaignId, scope, requestedMicros, availableMicros, currency },
  );
}
