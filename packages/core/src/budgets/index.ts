/** Budgets: the ledger that can't be overspent, its limits, alerts and costs. */
export type { Budget, BudgetAlert, BudgetStand } from "./budget.ts";
export { openBudget } from "./open.ts";
export type { BudgetChanges } from "./plan.ts";
export { reactions } from "./reactions.ts";
export { type BudgetCause, type Grant, type ReserveOrder, reserveUnits } from "./reserve.ts";
export type { BudgetScope, CostKind } from "./scope.ts";
export { BudgetService } from "./service.ts";
export { type Settlement, settleReservation } from "./settle.ts";
