/** Movements without a reservation: costs that have happened, and corrections. */
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import { type Money, moneyToDecimal } from "../math/money.ts";
import { localDay } from "../math/time-zone.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { raiseCrossed, tellOverspent } from "./alerts.ts";
import { budgetExceeded, hasRoomFor } from "./exceeded.ts";
import { convertInto } from "./exchange-rates.ts";
import { type AdjustInput, adjustSchema, type CostInput, costSchema } from "./hand-input.ts";
import { keyTaken } from "./ledger-input.ts";
import { type BudgetMovement, newMovement, noteMoved, toMovement } from "./movement.ts";
import { loadPlan } from "./open.ts";
import { type BudgetScope, type Counter, nameScope, scopesOf } from "./scope.ts";
import { reviewShortages } from "./shortage.ts";
import { addCounters, type CounterSet, moveCounters, selectCounters } from "./store/counters.ts";
import {
  addMovements,
  insertMovements,
  type StoredMovement,
  selectMovementsByKey,
} from "./store/movements.ts";
import type { Plan } from "./store/plans.ts";

/** A cost as it was booked. */
export interface BookedCost {
  readonly movement: BudgetMovement;
  /** The scopes that are beyond their limits now, and by how much. */
  readonly overspend: readonly {
    readonly scope: BudgetScope;
    readonly channel: string | null;
    readonly amount: Money;
  }[];
}

/**
 * Books a cost that has happened. It is a fact: it is booked also where the limits have no room, which then show an overspend, and nothing
 * more is granted. Part of the caller's transaction; idempotent by key.
 *
 * @throws {VALIDATION_FAILED} {NOT_FOUND} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement.
 */
export async function recordCost(unit: Unit, campaignId: string, input: CostInput): Promise<BookedCost> {
  const cost = parse(costSchema, input, "cost");
  const plan = await loadPlan(unit, campaignId);
  const day = localDay(cost.incurredAt?.getTime() ?? unit.now, plan.timeZone);
  if (day > localDay(unit.now, plan.timeZone)) {
    const message = "A cost is booked when it has happened; set aside what is to come with reserve.";
    throw validationError("cost", [{ path: ["incurredAt"], message }]);
  }
  const converted = await convertInto(unit.db, unit.workspaceId, plan.currency, cost.amount, day);
  const { amountMicros } = converted;
  const wanted = newMovement(unit, {
    campaignId,
    key: cost.key,
    kind: "commit",
    amountMicros,
    reservedDelta: 0,
    committedDelta: amountMicros,
    channel: cost.channel,
    day,
    costKind: cost.kind,
    reservationId: null,
    cause: cost.cause ?? { type: "cost", id: cost.key },
    note: cost.note ?? null,
    source: converted,
  });
  const compared = cost.incurredAt === undefined ? [] : (["day"] as const);
  const { movement, counters } = await addDirect(unit, plan, wanted, compared);
  return { movement: toMovement(movement, plan.currency), overspend: overspendOf(counters, plan.currency) };
}

/**
 * Corrects what is booked as spent. Part of the caller's transaction; idempotent by key.
 *
 * An addition must fit below the limits (the contingency counts as room): a cost that has happened anyway is booked as a cost.
 *
 * @throws {VALIDATION_FAILED} {NOT_FOUND} {BUDGET_EXCEEDED} {EXCHANGE_RATE_MISSING} {CONFLICT} when the key names another movement, or less
 * than that is spent there.
 */
export async function adjustSpend(
  unit: Unit,
  campaignId: string,
  input: AdjustInput,
): Promise<BudgetMovement> {
  const adjustment = parse(adjustSchema, input, "adjustment");
  const plan = await loadPlan(unit, campaignId);
  const day = adjustment.day ?? localDay(unit.now, plan.timeZone);
  const converted = await convertInto(unit.db, unit.workspaceId, plan.currency, adjustment.amount, day);
  const { amountMicros } = converted;
  const wanted = newMovement(unit, {
    campaignId,
    key: adjustment.key,
    kind: "adjust",
    amountMicros,
    reservedDelta: 0,
    committedDelta: amountMicros,
    channel: adjustment.channel,
    day,
    costKind: adjustment.kind,
    reservationId: null,
    cause: adjustment.cause ?? { type: "adjustment", id: adjustment.key },
    note: adjustment.note,
    source: converted,
  });
  const compared = adjustment.day === undefined ? [] : (["day"] as const);
  const { movement } = await addDirect(unit, plan, wanted, compared);
  return toMovement(movement, plan.currency);
}

/** Adds a movement to the ledger and moves its counters, or finds the one that has its key already. */
async function addDirect(
  unit: Unit,
  plan: Plan,
  wanted: StoredMovement,
  compared: readonly (keyof StoredMovement)[],
): Promise<{ readonly movement: StoredMovement; readonly counters: readonly Counter[] }> {
  const { db, workspaceId } = unit;
  const { campaignId, key, kind, committedDelta } = wanted;
  const set: CounterSet = { workspaceId, campaignId, scopes: scopesOf(wanted) };
  if ((await insertMovements(db, workspaceId, [wanted], { locking: set })) === 0) {
    const known = (await selectMovementsByKey(db, workspaceId, campaignId, key)).get(kind);
    if (known !== undefined) {
      assertSameMovement(known, wanted, compared);
      return { movement: known, counters: await selectCounters(db, set) };
    }
    // The counters of a new day, channel or kind of cost are added here, under the lock of the total.
    await addCounters(db, set);
    await addMovements(db, workspaceId, [wanted]);
  }
  if (kind === "adjust") assertAdjustable(plan, await selectCounters(db, set), committedDelta);
  const ceiling = kind === "adjust" && committedDelta > 0 ? "limit" : "none";
  const counters = await moveCounters(db, set, { reservedDelta: 0, committedDelta, ceiling });
  await raiseCrossed(unit, plan, counters, committedDelta);
  tellOverspent(unit, plan, counters, committedDelta);
  await reviewShortages(unit, plan, counters);
  noteMoved(unit, plan, wanted);
  return { movement: wanted, counters };
}

/** Refuses a key that was used for another movement. @throws {CONFLICT} */
function assertSameMovement(
  known: StoredMovement,
  wanted: StoredMovement,
  compared: readonly (keyof StoredMovement)[],
): void {
  const fields = ["reservationId", "channel", "costKind", "causeType", "causeId", ...compared] as const;
  const changed = fields.find((field) => known[field] !== wanted[field]);
  if (changed !== undefined) throw keyTaken("movement", wanted.key, changed);
  const { originalCurrency, originalMicros } = wanted;
  if (known.originalCurrency !== originalCurrency || known.originalMicros !== originalMicros)
    throw keyTaken("movement", wanted.key, "amount");
}

/** Refuses a correction that no scope can bear. @throws {BUDGET_EXCEEDED} {CONFLICT} */
function assertAdjustable(plan: Plan, counters: readonly Counter[], amountMicros: number): void {
  const { campaignId, currency } = plan;
  if (amountMicros > 0 && !hasRoomFor(amountMicros, counters, "limit"))
    throw budgetExceeded(plan, counters, amountMicros, "limit");
  const short = counters.find(({ committedMicros }) => committedMicros + amountMicros < 0);
  if (short === undefined) return;
  const { kind, name, committedMicros } = short;
  const spent = `${moneyToDecimal({ currency, amountMicros: committedMicros })} ${currency}`;
  const reason = `only ${spent} are booked in its ${kind}${name === "" ? "" : ` ${name}`}`;
  throw new CampaignKitError(
    "CONFLICT",
    `The budget of campaign ${campaignId} can't be corrected by that much: ${reason}. Name the day, kind and channel that it was booked on.`,
    { entity: "budget", id: campaignId, reason },
  );
}

function overspendOf(counters: readonly Counter[], currency: string): BookedCost["overspend"] {
  return counters.flatMap(({ kind, name, limitMicros, committedMicros, reservedMicros }) => {
    const over = limitMicros === null ? 0 : committedMicros + reservedMicros - limitMicros;
    if (kind === "cost" || over <= 0) return [];
    return [{ ...nameScope({ kind, name }), amount: { currency, amountMicros: over } }];
  });
}
