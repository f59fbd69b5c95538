/** A movement of the ledger, as it is written and as a host sees it. */
import type { Unit } from "../kernel/unit.ts";
import type { Money } from "../math/money.ts";
import type { CostKind, Placement } from "./scope.ts";
import type { MovementKind, StoredMovement } from "./store/movements.ts";
import type { Plan } from "./store/plans.ts";

/** Why a movement happens: the thing it pays for, such as `{ type: "delivery-batch", id: "…" }`, a post, a generation, an invoice. */
export interface BudgetCause {
  readonly type: string;
  readonly id: string;
}

/** One movement of the ledger. Movements are never changed or removed; their sum is what the budget shows. */
export interface BudgetMovement {
  readonly id: string;
  readonly campaignId: string;
  /** Names it in the campaign: repeating it books nothing more. */
  readonly key: string;
  readonly kind: MovementKind;
  /** What it is about; negative for an adjustment downwards. */
  readonly amount: Money;
  /** What it added to the spent and to the set-aside money. */
  readonly committed: Money;
  readonly reserved: Money;
  /** What was given, where that was another currency or somebody gave it by hand. */
  readonly original: Money | null;
  /** The rate that it was converted at, and the date of that rate. */
  readonly exchange: { readonly rate: string; readonly date: string } | null;
  readonly channel: string | null;
  /** The local day that it counts on, `YYYY-MM-DD`. */
  readonly day: string;
  readonly costKind: CostKind;
  readonly reservationId: string | null;
  readonly cause: BudgetCause;
  readonly note: string | null;
  /** Who moved it: a user id of the host, or `system`. */
  readonly actor: string;
  readonly at: Date;
}

/** Where a movement's amount came from, when it was not the engine's own reckoning. */
export interface MovementSource {
  readonly original: Money;
  readonly exchange: { readonly rate: string; readonly date: string } | null;
}

/** A new row of the ledger. */
export function newMovement(
  unit: Unit,
  fields: Placement & {
    readonly campaignId: string;
    readonly key: string;
    readonly kind: MovementKind;
    readonly amountMicros: number;
    readonly reservedDelta: number;
    readonly committedDelta: number;
    readonly reservationId: string | null;
    readonly cause: BudgetCause;
    readonly note: string | null;
    readonly source: MovementSource | null;
  },
): StoredMovement {
  const { cause, source, ...rest } = fields;
  return {
    ...rest,
    id: unit.newId(),
    causeType: cause.type,
    causeId: cause.id,
    actor: unit.actor,
    at: unit.now,
    originalCurrency: source?.original.currency ?? null,
    originalMicros: source?.original.amountMicros ?? null,
    rate: source?.exchange?.rate ?? null,
    rateDate: source?.exchange?.date ?? null,
  };
}

/** A stored movement as a host sees it. */
export function toMovement(stored: StoredMovement, currency: string): BudgetMovement {
  const { originalCurrency, originalMicros, rate, rateDate } = stored;
  return {
    id: stored.id,
    campaignId: stored.campaignId,
    key: stored.key,
    kind: stored.kind,
    amount: { currency, amountMicros: stored.amountMicros },
    committed: { currency, amountMicros: stored.committedDelta },
    reserved: { currency, amountMicros: stored.reservedDelta },
    original:
      originalCurrency === null || originalMicros === null
        ? null
        : { currency: originalCurrency, amountMicros: originalMicros },
    exchange: rate === null || rateDate === null ? null : { rate, date: rateDate },
    channel: stored.channel,
    day: stored.day,
    costKind: stored.costKind,
    reservationId: stored.reservationId,
    cause: { type: stored.causeType, id: stored.causeId },
    note: stored.note,
    actor: stored.actor,
    at: new Date(stored.at),
  };
}

/** Whether a stored movement is for the same amount as it is asked for now; converted amounts are compared as they were given. */
export function isSameAmount(
  stored: StoredMovement,
  asked: { readonly amountMicros: number; readonly source: MovementSource | null },
): boolean {
  const { source } = asked;
  if (source === null || stored.originalCurrency === null) return stored.amountMicros === asked.amountMicros;
  const { currency, amountMicros } = source.original;
  return stored.originalCurrency === currency && stored.originalMicros === amountMicros;
}

/** Records that money was moved by hand. */
export function noteMoved(unit: Unit, { campaignId, currency }: Plan, movement: StoredMovement): void {
  const { id: movementId, kind, amountMicros } = movement;
  unit.record("budget.moved", {
    subject: { type: "campaign", id: campaignId },
    data: { campaignId, movementId, kind, amountMicros, currency },
  });
}
