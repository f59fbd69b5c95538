/** Budgets: plans, counters, the ledger with its reservations, alerts, exchange rates. */
import type {
  BigIntColumn,
  BooleanColumn,
  InstantColumn,
  JsonColumn,
  NullableBigIntColumn,
  NullableInstantColumn,
} from "../columns.ts";

/** A campaign's budget, apart from the limits that stand beside their counters. */
export interface BudgetsTable {
  workspace_id: string;
  campaign_id: string;
  currency: string;
  time_zone: string;
  /** The limit that each new day starts with. */
  daily_micros: NullableBigIntColumn;
  contingency_percent: number;
  alert_percents: JsonColumn;
  version: number;
  created_at: InstantColumn;
  updated_at: InstantColumn;
}

/** One counter: what is committed and reserved against one limit. The row of kind `total` is the campaign's lock. */
export interface BudgetScopesTable {
  workspace_id: string;
  campaign_id: string;
  kind: "total" | "daily" | "cost" | "channel";
  /** Empty, the local day, the kind of cost, or the channel. */
  name: string;
  limit_micros: NullableBigIntColumn;
  /** The part of the limit that is kept back as contingency. */
  held_micros: BigIntColumn;
  committed_micros: BigIntColumn;
  reserved_micros: BigIntColumn;
  /** The smallest price that found no room since there was some, and since when it is told that there is none. */
  wanted_micros: NullableBigIntColumn;
  exhausted_at: NullableInstantColumn;
}

/** Money set aside for something that is about to happen. */
export interface BudgetReservationsTable {
  id: string;
  workspace_id: string;
  campaign_id: string;
  key: string;
  channel: string | null;
  /** The local day that it counts on, from reserve to settlement. */
  day: string;
  cost_kind: string;
  unit_micros: BigIntColumn;
  requested: number;
  granted: number;
  /** What was set aside, and what of it is neither spent nor given back. */
  amount_micros: BigIntColumn;
  open_micros: BigIntColumn;
  cause_type: string;
  cause_id: string;
  /** Set aside by a person or the host, who may take their time; else in flight, and settled soon. */
  by_hand: BooleanColumn;
  expires_at: NullableInstantColumn;
  created_at: InstantColumn;
}

/** The ledger. Append-only: no statement of the engine updates or deletes a row of it. */
export interface BudgetMovementsTable {
  id: string;
  workspace_id: string;
  campaign_id: string;
  key: string;
  kind: "reserve" | "commit" | "release" | "adjust";
  /** What the movement is about; the deltas say what it did to the counters. */
  amount_micros: BigIntColumn;
  reserved_delta: BigIntColumn;
  committed_delta: BigIntColumn;
  channel: string | null;
  day: string;
  cost_kind: string;
  reservation_id: string | null;
  cause_type: string;
  cause_id: string;
  note: string | null;
  actor: string;
  at: InstantColumn;
  original_currency: string | null;
  original_micros: NullableBigIntColumn;
  rate: string | null;
  rate_date: string | null;
}

/** Alerts that were raised and are not armed again. */
export interface BudgetAlertsTable {
  workspace_id: string;
  campaign_id: string;
  kind: "total" | "channel";
  name: string;
  percent: number;
  raised_at: InstantColumn;
}

/** Rates of exchange as the host gave them, each in force from its date until the next. */
export interface ExchangeRatesTable {
  workspace_id: string;
  from_currency: string;
  to_currency: string;
  date: string;
  /** An exact decimal number. */
  rate: string;
  set_at: InstantColumn;
  set_by: string;
}

/** The budgets' part of the database. */
export interface BudgetTables {
  ck_budgets: BudgetsTable;
  ck_budget_scopes: BudgetScopesTable;
  ck_budget_reservations: BudgetReservationsTable;
  ck_budget_movements: BudgetMovementsTable;
  ck_budget_alerts: BudgetAlertsTable;
  ck_exchange_rates: ExchangeRatesTable;
}
