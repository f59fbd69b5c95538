/** Budgets: plans, counters, reservations, the ledger, alerts, exchange rates. */
import type { Migration } from "../migration.ts";

export const budgetsMigration: Migration = {
  name: "0004-budgets",
  statements: ({ uuid, text, json, instant, micros, integer, boolean, real, strict }) => [
    `create table ck_budgets (
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      currency ${text} not null,
      time_zone ${text} not null,
      daily_micros ${micros} check (daily_micros >= 0),
      contingency_percent ${real} not null check (contingency_percent between 0 and 100),
      alert_percents ${json} not null,
      version ${integer} not null,
      created_at ${instant} not null,
      updated_at ${instant} not null,
      primary key (workspace_id, campaign_id)
    )${strict}`,

    `create table ck_budget_scopes (
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      kind ${text} not null check (kind in ('total', 'daily', 'cost', 'channel')),
      name ${text} not null,
      limit_micros ${micros} check (limit_micros >= 0),
      held_micros ${micros} not null default 0 check (held_micros >= 0),
      committed_micros ${micros} not null default 0 check (committed_micros >= 0),
      reserved_micros ${micros} not null default 0 check (reserved_micros >= 0),
      wanted_micros ${micros},
      exhausted_at ${instant},
      primary key (workspace_id, campaign_id, kind, name)
    )${strict}`,

    `create table ck_budget_reservations (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      key ${text} not null,
      channel ${text},
      day ${text} not null,
      cost_kind ${text} not null,
      unit_micros ${micros} not null,
      requested ${integer} not null,
      granted ${integer} not null,
      amount_micros ${micros} not null,
      open_micros ${micros} not null check (open_micros >= 0),
      cause_type ${text} not null,
      cause_id ${text} not null,
      by_hand ${boolean} not null,
      expires_at ${instant},
      created_at ${instant} not null
    )${strict}`,
    `create unique index ck_budget_reservations_key on ck_budget_reservations (workspace_id, campaign_id, key)`,
    `create index ck_budget_reservations_open on ck_budget_reservations (workspace_id, campaign_id, id) where open_micros > 0`,
    `create index ck_budget_reservations_expiry on ck_budget_reservations (workspace_id, expires_at)
      where open_micros > 0 and expires_at is not null`,

    `create table ck_budget_movements (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      key ${text} not null,
      kind ${text} not null check (kind in ('reserve', 'commit', 'release', 'adjust')),
      amount_micros ${micros} not null,
      reserved_delta ${micros} not null,
      committed_delta ${micros} not null,
      channel ${text},
      day ${text} not null,
      cost_kind ${text} not null,
      reservation_id ${uuid},
      cause_type ${text} not null,
      cause_id ${text} not null,
      note ${text},
      actor ${text} not null,
      at ${instant} not null,
      original_currency ${text},
      original_micros ${micros},
      rate ${text},
      rate_date ${text}
    )${strict}`,
    `create unique index ck_budget_movements_key on ck_budget_movements (workspace_id, campaign_id, key, kind)`,
    `create index ck_budget_movements_list on ck_budget_movements (workspace_id, campaign_id, id)`,
    `create index ck_budget_movements_day on ck_budget_movements (workspace_id, campaign_id, day)`,
    `create index ck_budget_movements_cause on ck_budget_movements (workspace_id, campaign_id, cause_type, cause_id, id)`,
    `create index ck_budget_movements_reservation on ck_budget_movements (workspace_id, reservation_id, id)
      where reservation_id is not null`,

    `create table ck_budget_alerts (
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      kind ${text} not null,
      name ${text} not null,
      percent ${integer} not null,
      raised_at ${instant} not null,
      primary key (workspace_id, campaign_id, kind, name, percent)
    )${strict}`,

    `create table ck_exchange_rates (
      workspace_id ${text} not null,
      from_currency ${text} not null,
      to_currency ${text} not null,
      date ${text} not null,
      rate ${text} not null,
      set_at ${instant} not null,
      set_by ${text} not null,
      primary key (workspace_id, from_currency, to_currency, date)
    )${strict}`,
  ],
};
