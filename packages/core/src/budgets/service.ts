/** `shop.budgets`: what a campaign may spend, what it has spent, and on what. */
import { type Page, type PageRequest, pageOf, toPage } from "../kernel/page.ts";
import type { Scope } from "../kernel/scope.ts";
import { parse } from "../kernel/validate.ts";
import type { Db } from "../storage/db.ts";
import type { Budget } from "./budget.ts";
import { adjustSpend, type BookedCost, recordCost } from "./direct.ts";
import { type Reservation, reserveAmount, settleAmount, toReservation } from "./hand.ts";
import {
  type AdjustInput,
  type CostInput,
  movementQuerySchema,
  placeSchema,
  type ReserveInput,
  type SettleInput,
} from "./hand-input.ts";
import { type BudgetMovement, toMovement } from "./movement.ts";
import type { BudgetChanges } from "./plan.ts";
import { readBudget } from "./read.ts";
import { setBudget } from "./set.ts";
import { type MovementFilter, selectMovements } from "./store/movements.ts";
import { selectOpen } from "./store/reservations.ts";

/** Which movements to list. */
export interface MovementQuery extends MovementFilter, PageRequest {}

/**
 * The budgets of a workspace's campaigns.
 *
 * A budget is a ledger with limits: money is set aside before it is spent, then booked as spent or given back. No number of workers and no
 * crash can set aside more than the total, the day and the channel have room for. Costs that have happened are booked whatever the limits
 * say; `overspend` shows it, and nothing more is granted.
 *
 * @example
 * ```ts
 * import { createCampaignKit, money } from "@campaignkit/core";
 * import { sqlite } from "@campaignkit/adapter-sqlite";
 *
 * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
 * const shop = kit.workspace("shop-42");
 * const campaign = await shop.campaigns.create({
 *   name: "Spring refresh",
 *   timeZone: "Europe/Berlin",
 *   startsAt: new Date("2027-03-01T08:00:00Z"),
 *   budget: { total: money("EUR", 500) },
 * });
 * await shop.budgets.set(campaign.id, { daily: money("EUR", 50), contingencyPercent: 10 });
 * await shop.budgets.recordCost(campaign.id, { key: "invoice-7", kind: "media", amount: money("EUR", 120) });
 * const { total } = await shop.budgets.get(campaign.id);
 * console.log(total.available); // { currency: "EUR", amountMicros: 330000000 }
 * await kit.stop();
 * ```
 */
export class BudgetService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * The budget: limits, what is spent, set aside and left of each.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function leftOf(shop: Workspace, campaignId: string) {
   *   const { total } = await shop.budgets.get(campaignId);
   *   return total.available; // null: there is no limit
   * }
   * ```
   */
  get(campaignId: string): Promise<Budget> {
    const { workspaceId, kernel } = this.#scope;
    return this.#scope.read("budgets:read", (db) =>
      readBudget(db, workspaceId, campaignId, kernel.runtime.clock.now()),
    );
  }

  /**
   * Changes the budget, all of the given fields or none.
   *
   * Channels and contingency must fit into the total, and no limit can be lowered below what is spent and reserved. Alerts that are above
   * what is spent under the new limits are armed again; what was exhausted and has room now is told as `budget.replenished`.
   *
   * @throws {VALIDATION_FAILED} with every problem at once. {NOT_FOUND} {STALE_VERSION} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * export async function raise(shop: Workspace, campaignId: string) {
   *   await shop.budgets.set(campaignId, { total: money("EUR", 700), daily: money("EUR", 70) });
   * }
   * ```
   */
  set(campaignId: string, changes: BudgetChanges): Promise<Budget> {
    return this.#scope.write("budgets:write", async (unit) => {
      await setBudget(unit, campaignId, changes);
      return readBudget(unit.db, unit.workspaceId, campaignId, unit.now);
    });
  }

  /**
   * Sets money aside, all of it or none. Idempotent by key.
   *
   * @throws {BUDGET_EXCEEDED} naming the scope and what it has left. {VALIDATION_FAILED} {NOT_FOUND} {EXCHANGE_RATE_MISSING} {FORBIDDEN}
   * {CONFLICT} when the key names another reservation.
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * export async function orderFlyers(shop: Workspace, campaignId: string) {
   *   const { id } = await shop.budgets.reserve(campaignId, {
   *     key: "flyers-2027-114",
   *     kind: "media",
   *     amount: money("EUR", 120),
   *     cause: { type: "order", id: "2027-114" },
   *   });
   *   return id;
   * }
   * ```
   */
  reserve(campaignId: string, input: ReserveInput): Promise<Reservation> {
    return this.#scope.write("budgets:write", (unit) => reserveAmount(unit, campaignId, input));
  }

  /**
   * Books set-aside money as spent: the amount, or all that is open. More than is open is booked as well, since it has happened. Idempotent by key.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement, or nothing is open and no
   * amount is given. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * export async function payFlyers(shop: Workspace, reservationId: string) {
   *   await shop.budgets.commit(reservationId, { key: "flyers-paid", amount: money("EUR", 118) });
   * }
   * ```
   */
  commit(reservationId: string, input: SettleInput): Promise<Reservation> {
    return this.#scope.write("budgets:write", (unit) => settleAmount(unit, reservationId, "commit", input));
  }

  /**
   * Gives set-aside money back: the amount, or all that is open. Idempotent by key.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement, or less is open. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function cancelFlyers(shop: Workspace, reservationId: string) {
   *   await shop.budgets.release(reservationId, { key: "flyers-cancelled" });
   * }
   * ```
   */
  release(reservationId: string, input: SettleInput): Promise<Reservation> {
    return this.#scope.write("budgets:write", (unit) => settleAmount(unit, reservationId, "release", input));
  }

  /**
   * Corrects what is booked as spent, upwards within the limits or downwards to nothing, with a reason. Idempotent by key.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} {BUDGET_EXCEEDED} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement, or less
   * is spent there. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * export async function correct(shop: Workspace, campaignId: string) {
   *   await shop.budgets.adjust(campaignId, {
   *     key: "credit-note-31",
   *     kind: "media",
   *     amount: money("EUR", -20),
   *     note: "credit note 31: one day without delivery",
   *   });
   * }
   * ```
   */
  adjust(campaignId: string, input: AdjustInput): Promise<BudgetMovement> {
    return this.#scope.write("budgets:write", (unit) => adjustSpend(unit, campaignId, input));
  }

  /**
   * Books a cost that has happened: media, AI, messages, tools, labour. It is booked also beyond the limits, and says so. Idempotent by key.
   *
   * Another currency is converted at the rate in force on the local day of the cost; the movement keeps amount, rate and its date.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} {EXCHANGE_RATE_MISSING} naming the pair and the day. {CONFLICT} when the key names another
   * movement. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * export async function bookInvoice(shop: Workspace, campaignId: string) {
   *   const { overspend } = await shop.budgets.recordCost(campaignId, {
   *     key: "invoice-7",
   *     kind: "media",
   *     amount: money("EUR", 120),
   *     incurredAt: new Date("2027-03-04T12:00:00Z"),
   *   });
   *   return overspend.length === 0;
   * }
   * ```
   */
  recordCost(campaignId: string, input: CostInput): Promise<BookedCost> {
    return this.#scope.write("budgets:write", (unit) => recordCost(unit, campaignId, input));
  }

  /**
   * The ledger of a campaign, the latest movement first.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { moneyToDecimal, type Workspace } from "@campaignkit/core";
   *
   * export async function ledgerOf(shop: Workspace, campaignId: string) {
   *   const { items } = await shop.budgets.movements(campaignId, { limit: 100 });
   *   return items.map(({ at, kind, amount }) => `${at.toISOString()} ${kind} ${moneyToDecimal(amount)}`);
   * }
   * ```
   */
  movements(campaignId: string, query: MovementQuery = {}): Promise<Page<BudgetMovement>> {
    return this.#list(campaignId, query, async (db, page, currency) => {
      const filter = parse(movementQuerySchema, query, "movement query") as MovementFilter;
      const rows = await selectMovements(
        db,
        { workspaceId: this.#scope.workspaceId, campaignId },
        filter,
        page,
      );
      return toPage(
        rows,
        page.limit - 1,
        ({ id }) => id,
        (row) => toMovement(row, currency),
      );
    });
  }

  /**
   * A campaign's open reservations, the oldest first.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function openOf(shop: Workspace, campaignId: string) {
   *   const { items } = await shop.budgets.reservations(campaignId);
   *   return items.map(({ id, open }) => ({ id, open }));
   * }
   * ```
   */
  reservations(campaignId: string, query: PageRequest = {}): Promise<Page<Reservation>> {
    return this.#list(campaignId, query, async (db, page, currency) => {
      const rows = await selectOpen(db, this.#scope.workspaceId, campaignId, page);
      return toPage(
        rows,
        page.limit - 1,
        ({ id }) => id,
        (row) => toReservation(row, currency),
      );
    });
  }

  #list<Item>(
    campaignId: string,
    query: PageRequest,
    read: (
      db: Db,
      page: { readonly after: string | null; readonly limit: number },
      currency: string,
    ) => Promise<Page<Item>>,
  ): Promise<Page<Item>> {
    const { workspaceId, kernel } = this.#scope;
    return this.#scope.read("budgets:read", async (db) => {
      const { limit, after } = pageOf(query, placeSchema);
      const { currency } = await readBudget(db, workspaceId, campaignId, kernel.runtime.clock.now());
      return read(db, { after, limit: limit + 1 }, currency);
    });
  }
}
