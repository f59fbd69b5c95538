/** Budgets: the ledger that can't be overspent, its limits, alerts and costs. */
export type { Budget, BudgetAlert, BudgetStand } from "./budget.ts";
export { type BookedCost, recordCost } from "./direct.ts";
export {
  convertInto,
  type ExchangeRateInput,
  type ExchangeRateQuery,
  ExchangeRateService,
} from "./exchange-rates.ts";
export { budgetJobs, releaseExpired } from "./expire.ts";
export type { Reservation } from "./hand.ts";
export type { AdjustInput, CostInput, HandInput, ReserveInput, SettleInput } from "./hand-input.ts";
export type { BudgetCause, BudgetMovement } from "./movement.ts";
export type { BudgetChanges } from "./plan.ts";
export { budgetReactions } from "./reactions.ts";
export { reserveUnits } from "./reserve.ts";
export type { BudgetScope, CostKind } from "./scope.ts";
export { BudgetService, type MovementQuery } from "./service.ts";
export { settleReservation } from "./settle.ts";
export {
  spendByDay,
  spendByQuarter,
  spendOf,
} from "./spend.ts";
export type { MovementFilter, MovementKind } from "./store/movements.ts";
export type { ExchangeRate } from "./store/rates.ts";
export { isBudgetExhausted } from "./store/shortages.ts";
