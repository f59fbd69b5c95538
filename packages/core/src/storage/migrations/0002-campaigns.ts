/** Campaigns, what they are found by, and their folders. */
import type { Migration } from "../migration.ts";

/** The lists' sort keys; each index starts with the shelf, so that archived and deleted campaigns cost a list of open ones nothing. */
const SORT_COLUMNS = ["created_at", "updated_at", "starts_at", "ends_key", "name_key"];

export const campaignsMigration: Migration = {
  name: "0002-campaigns",
  statements: ({ uuid, text, keyText, json, instant, micros, integer, strict, withoutRowid }) => [
    `create table ck_campaign_folders (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      parent_id ${uuid} references ck_campaign_folders (id),
      name ${text} not null,
      name_key ${keyText} not null,
      path ${keyText} not null,
      version ${integer} not null default 1,
      created_at ${instant} not null,
      updated_at ${instant} not null
    )${strict}`,
    `create unique index ck_campaign_folders_name on ck_campaign_folders (workspace_id, parent_id, name_key) where parent_id is not null`,
    `create unique index ck_campaign_folders_top_name on ck_campaign_folders (workspace_id, name_key) where parent_id is null`,
    `create index ck_campaign_folders_path on ck_campaign_folders (workspace_id, path)`,

    `create table ck_campaigns (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      name ${text} not null,
      name_key ${keyText} not null,
      description ${text} not null,
      type ${text} not null,
      state ${text} not null check (state in ('draft', 'scheduled', 'active', 'paused', 'completed', 'cancelled')),
      state_reason ${text},
      needs_decision ${text} check (needs_decision in ('missed-start')),
      time_zone ${text} not null,
      starts_at ${instant} not null,
      ends_at ${instant},
      ends_key ${instant} not null,
      currency ${text} not null,
      total_budget_micros ${micros} check (total_budget_micros >= 0),
      daily_budget_micros ${micros} check (daily_budget_micros >= 0),
      owner ${text},
      folder_id ${uuid} references ck_campaign_folders (id),
      source_id ${uuid},
      details ${json} not null,
      shelf ${text} not null check (shelf in ('open', 'archived', 'deleted')),
      version ${integer} not null,
      created_at ${instant} not null,
      updated_at ${instant} not null,
      scheduled_at ${instant},
      launched_at ${instant},
      paused_at ${instant},
      completing_since ${instant},
      completed_at ${instant},
      cancelled_at ${instant},
      archived_at ${instant},
      deleted_at ${instant}
    )${strict}`,
    ...SORT_COLUMNS.map(
      (column) =>
        `create index ck_campaigns_by_${column} on ck_campaigns (workspace_id, shelf, ${column}, id)`,
    ),
    `create index ck_campaigns_state on ck_campaigns (workspace_id, shelf, state, id)`,
    `create index ck_campaigns_type on ck_campaigns (workspace_id, shelf, type, id)`,
    `create index ck_campaigns_owner on ck_campaigns (workspace_id, shelf, owner, id)`,
    `create index ck_campaigns_decision on ck_campaigns (workspace_id, shelf, needs_decision, id) where needs_decision is not null`,
    `create index ck_campaigns_folder on ck_campaigns (workspace_id, folder_id, shelf, id)`,

    `create table ck_campaign_terms (
      workspace_id ${text} not null,
      kind ${text} not null,
      term ${keyText} not null,
      campaign_id ${uuid} not null references ck_campaigns (id) on delete cascade,
      primary key (workspace_id, kind, term, campaign_id)
    )${withoutRowid}`,
    `create index ck_campaign_terms_campaign on ck_campaign_terms (workspace_id, campaign_id, kind, term)`,
  ],
};
