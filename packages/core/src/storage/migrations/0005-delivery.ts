/**
 * Posts, deliveries, and what sending works on: a narrow ready table, one claim row per batch, counters in parts.
 *
 * The wide delivery row is written once at fan-out and once at its end (twice with a durable intent); claiming touches only the narrow
 * tables. Rows due later sit in the same index behind those due now, within their post.
 *
 * A channel's account is shared by all workspaces and processes, so its limits are kept once for all: how it does, and what it has used of a day.
 */
import type { Migration } from "../migration.ts";

const POLICIES = "('hold', 'retry', 'idempotent', 'lookup')";

export const deliveryMigration: Migration = {
  name: "0005-delivery",
  statements: ({
    uuid,
    text,
    json,
    instant,
    integer,
    bigint,
    micros,
    boolean,
    real,
    strict,
    rewritten,
    withoutRowid,
  }) => [
    `create table ck_posts (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      channel ${text} not null,
      state ${text} not null check (state in ('draft', 'planned', 'awaiting-approval', 'sending', 'sent', 'cancelled')),
      role ${text} not null,
      sequence ${integer} not null,
      purpose ${text} not null,
      on_unknown ${text} not null check (on_unknown in ${POLICIES}),
      content ${json} not null,
      content_version ${integer} not null,
      scheduled_at ${instant},
      send_at ${text},
      send_passed ${text} check (send_passed in ('send-now', 'next-day')),
      quiet_hours ${json},
      zone_fallbacks ${integer} not null default 0,
      approved_by ${text},
      approved_at ${instant},
      approved_version ${integer},
      channel_missing_since ${instant},
      fanned_out ${boolean} not null,
      started_at ${instant},
      finished_at ${instant},
      closed_from ${text},
      version ${integer} not null,
      created_at ${instant} not null,
      updated_at ${instant} not null
    )${strict}`,
    `create index ck_posts_campaign on ck_posts (workspace_id, campaign_id, sequence, id)`,

    `create table ck_dispatches (
      post_id ${uuid} primary key,
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      channel ${text} not null,
      state ${text} not null check (state in ('open', 'held', 'closed')),
      reason ${text},
      held_since ${instant},
      lane ${integer} not null,
      next_at ${instant} not null,
      turn_at ${instant} not null,
      turn ${bigint} not null
    )${strict}`,
    `create index ck_dispatches_campaign on ck_dispatches (campaign_id)`,

    `create table ck_deliveries (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      post_id ${uuid} not null,
      contact_id ${uuid},
      segment_set ${text},
      state ${text} not null check (state in ('pending', 'sending', 'sent', 'failed', 'skipped', 'uncertain')),
      reason ${text} not null,
      attempts ${integer} not null,
      on_unknown ${text} not null check (on_unknown in ${POLICIES}),
      external_id ${text},
      url ${text},
      error ${text},
      cost_micros ${micros} not null,
      created_at ${instant} not null,
      settled_at ${instant}
    )${rewritten}`,
    `create unique index ck_deliveries_contact on ck_deliveries (contact_id, post_id)`,
    `create unique index ck_deliveries_public on ck_deliveries (post_id) where contact_id is null`,
    `create index ck_deliveries_post on ck_deliveries (post_id, id)`,

    `create table ck_delivery_ready (
      post_id ${uuid} not null,
      due_at ${instant} not null,
      delivery_id ${uuid} not null,
      primary key (post_id, due_at, delivery_id)
    )${withoutRowid}`,
    `create table ck_delivery_claims (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      post_id ${uuid} not null,
      owner ${text} not null,
      lease_until ${instant} not null,
      delivery_ids ${json} not null,
      reservation_id ${uuid},
      unit_micros ${micros} not null,
      cap_day ${text},
      writes ${integer} not null
    )${strict}`,
    `create index ck_delivery_claims_lease on ck_delivery_claims (lease_until)`,
    `create index ck_delivery_claims_post on ck_delivery_claims (post_id)`,
    `create table ck_delivery_counts (
      post_id ${uuid} not null,
      part ${integer} not null,
      state ${text} not null,
      reason ${text} not null,
      n ${bigint} not null,
      primary key (post_id, part, state, reason)
    )${strict}`,
    `create table ck_delivery_pace (
      post_id ${uuid} not null,
      minute ${bigint} not null,
      n ${bigint} not null,
      primary key (post_id, minute)
    )${strict}`,
    `create table ck_channel_accounts (
      channel ${text} primary key,
      state ${text} not null check (state in ('working', 'suspended', 'probing')),
      failures ${integer} not null,
      failure ${text},
      error ${text},
      suspended_at ${instant},
      pause_ms ${bigint} not null,
      blocked_until ${instant} not null,
      granted_until ${bigint} not null,
      last_grant ${integer} not null,
      slowed_at ${instant},
      slowed_to ${real},
      slowed_from ${real}
    )${strict}`,
    `create table ck_channel_days (
      channel ${text} not null,
      day ${text} not null,
      used ${bigint} not null,
      primary key (channel, day)
    )${strict}`,
    `create table ck_contact_frequency (
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      address ${text} not null,
      marks ${json} not null,
      primary key (contact_id, address)
    )${rewritten}`,
  ],
};
