/** Contacts, attributes, consents, suppressions, segments, imports. */
import type { Migration } from "../migration.ts";

export const audienceMigration: Migration = {
  name: "0003-audience",
  statements: ({ uuid, text, json, instant, integer, bigint, boolean, identity, strict, withoutRowid }) => [
    `create table ck_contacts (
      workspace_id ${text} not null,
      id ${uuid} not null,
      external_id ${text},
      email ${text},
      email_normalized ${text},
      phone ${text},
      first_name ${text},
      last_name ${text},
      locale ${text},
      time_zone ${text},
      attributes ${json} not null,
      import_id ${uuid},
      created_at ${instant} not null,
      updated_at ${instant} not null,
      erased_at ${instant},
      primary key (workspace_id, id)
    )${strict}`,
    `create unique index ck_contacts_external on ck_contacts (workspace_id, external_id) where external_id is not null`,
    `create unique index ck_contacts_email on ck_contacts (workspace_id, email_normalized) where email_normalized is not null`,
    `create index ck_contacts_phone on ck_contacts (workspace_id, phone) where phone is not null`,
    `create table ck_contact_aliases (
      workspace_id ${text} not null,
      contact_id ${uuid} not null primary key,
      into_id ${uuid} not null
    )${withoutRowid}`,
    // By the ids alone: while the table is small, PostgreSQL would take any index that begins with the workspace for any look-up.
    `create index ck_contact_aliases_into on ck_contact_aliases (into_id)`,
    `create table ck_attributes (
      workspace_id ${text} not null,
      name ${text} not null,
      type ${text} not null check (type in ('text', 'number', 'boolean', 'date', 'instant', 'text-list')),
      description ${text},
      created_at ${instant} not null,
      removed_at ${instant},
      primary key (workspace_id, name)
    )${strict}`,

    `create table ck_consents (
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      channel ${text} not null,
      purpose ${text} not null,
      state ${text} not null check (state in ('granted', 'withdrawn', 'pending')),
      source ${text} not null,
      changed_at ${instant} not null,
      primary key (workspace_id, contact_id, channel, purpose)
    )${strict}`,
    `create table ck_consent_log (
      position ${identity},
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      channel ${text} not null,
      purpose ${text} not null,
      state ${text} not null check (state in ('granted', 'withdrawn', 'pending')),
      source ${text} not null,
      actor ${text} not null,
      evidence ${json},
      at ${instant} not null
    )${strict}`,
    `create index ck_consent_log_contact on ck_consent_log (workspace_id, contact_id, position)`,

    `create table ck_audience_salts (workspace_id ${text} primary key, salt ${text} not null)${strict}`,
    `create table ck_suppressions (
      workspace_id ${text} not null,
      id ${uuid} not null,
      channel ${text} not null,
      address_hash ${text} not null,
      reason ${text} not null,
      address ${text},
      source ${text} not null,
      created_at ${instant} not null,
      primary key (workspace_id, address_hash, channel, reason)
    )${strict}`,
    `create unique index ck_suppressions_id on ck_suppressions (workspace_id, id)`,

    `create table ck_segments (
      workspace_id ${text} not null,
      id ${uuid} not null,
      name ${text} not null,
      description ${text},
      kind ${text} not null check (kind in ('static', 'dynamic')),
      criteria ${json},
      follows_clock ${boolean} not null,
      member_count ${bigint} not null,
      version ${integer} not null,
      created_at ${instant} not null,
      updated_at ${instant} not null,
      refreshed_at ${instant},
      primary key (workspace_id, id),
      check ((kind = 'dynamic') = (criteria is not null))
    )${strict}`,
    `create unique index ck_segments_name on ck_segments (workspace_id, name)`,
    `create index ck_segments_clock on ck_segments (workspace_id) where kind = 'dynamic'`,
    `create table ck_segment_links (
      workspace_id ${text} not null,
      segment_id ${uuid} not null,
      uses_id ${uuid} not null,
      primary key (workspace_id, segment_id, uses_id)
    )${withoutRowid}`,
    `create index ck_segment_links_uses on ck_segment_links (workspace_id, uses_id)`,
    `create table ck_segment_members (
      workspace_id ${text} not null,
      segment_id ${uuid} not null,
      contact_id ${uuid} not null,
      joined_at ${instant} not null,
      primary key (workspace_id, segment_id, contact_id)
    )${withoutRowid}`,
    `create table ck_segment_moves (
      workspace_id ${text} not null,
      segment_id ${uuid} not null,
      run_id ${uuid} not null,
      contact_id ${uuid} not null,
      move ${text} not null check (move in ('joined', 'left')),
      at ${instant} not null,
      primary key (workspace_id, segment_id, run_id, contact_id)
    )${withoutRowid}`,
    `create table ck_contact_changes (
      position ${identity},
      workspace_id ${text} not null,
      contact_id ${uuid} not null
    )${strict}`,
    `create index ck_contact_changes_workspace on ck_contact_changes (workspace_id, position)`,

    `create table ck_imports (
      workspace_id ${text} not null,
      id ${uuid} not null,
      key ${text} not null,
      state ${text} not null check (state in ('running', 'finished', 'stopped', 'failed')),
      fingerprint ${text},
      rows_done ${bigint} not null,
      created ${bigint} not null,
      updated ${bigint} not null,
      unchanged ${bigint} not null,
      duplicates ${bigint} not null,
      refused ${bigint} not null,
      values_dropped ${bigint} not null,
      error ${text},
      started_at ${instant} not null,
      updated_at ${instant} not null,
      finished_at ${instant},
      primary key (workspace_id, id)
    )${strict}`,
    `create unique index ck_imports_key on ck_imports (workspace_id, key)`,
    `create table ck_import_refusals (
      position ${identity},
      workspace_id ${text} not null,
      import_id ${uuid} not null,
      row_number ${bigint} not null,
      line ${bigint} not null,
      column_name ${text},
      value ${text},
      reason ${text} not null,
      effect ${text} not null check (effect in ('row', 'value')),
      email_hash ${text},
      external_id_hash ${text}
    )${strict}`,
    `create index ck_import_refusals_import on ck_import_refusals (workspace_id, import_id, position)`,
    `create index ck_import_refusals_email on ck_import_refusals (workspace_id, email_hash) where email_hash is not null`,
    `create index ck_import_refusals_external on ck_import_refusals (workspace_id, external_id_hash) where external_id_hash is not null`,
  ],
};
