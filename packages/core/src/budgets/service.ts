/** `shop.budgets`: what a campaign may spend, what it has spent, and on what. */
import type { Scope } from "../kernel/scope.ts";
import type { Budget } from "./budget.ts";
import type { BudgetChanges } from "./plan.ts";
import { readBudget } from "./read.ts";
import { setBudget } from "./set.ts";

/** The budgets of a workspace's campaigns. */
export class BudgetService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** The budget: limits, what is spent, set aside and left of each. @throws {NOT_FOUND} {FORBIDDEN} */
  get(campaignId: string): Promise<Budget> {
    const { workspaceId, kernel } = this.#scope;
    return this.#scope.read("budgets:read", (db) =>
      readBudget(db, workspaceId, campaignId, kernel.runtime.clock.now()),
    );
  }

  /**
   * Changes the budget, all of the given fields or none.
   *
   * Channels and contingency must fit into the total, and no limit can be lowered below what is spent and reserved.
   *
   * @throws {VALIDATION_FAILED} with every problem at once. {NOT_FOUND} {STALE_VERSION} {FORBIDDEN}
   */
  set(campaignId: string, changes: BudgetChanges): Promise<Budget> {
    return this.#scope.write("budgets:write", async (unit) => {
      await setBudget(unit, campaignId, changes);
      return readBudget(unit.db, unit.workspaceId, campaignId, unit.now);
    });
  }
}
