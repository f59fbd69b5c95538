/**
 * Events, their roll-ups, first touches, and links.
 *
 * Roll-ups stand by quarters of an hour: every time zone's offset since 1980 is a whole number of them, so hours, days, weeks and months
 * of any zone are exact sums. Days of UTC stand in for most of the quarters of long spans, and one row of all time per campaign, channel,
 * post and type answers totals without adding up either.
 */
import type { Migration } from "../migration.ts";

export const analyticsMigration: Migration = {
  name: "0006-analytics",
  statements: ({
    uuid,
    text,
    keyText,
    json,
    instant,
    integer,
    bigint,
    micros,
    boolean,
    strict,
    withoutRowid,
  }) => [
    `create table ck_events (
      workspace_id ${text} not null,
      id ${keyText} not null,
      type ${text} not null,
      at ${instant} not null,
      received_at ${instant} not null,
      campaign_id ${uuid},
      post_id ${uuid},
      delivery_id ${uuid},
      contact_id ${uuid},
      channel ${text},
      variant ${text},
      segment ${text},
      segment_set ${text},
      count ${bigint} not null,
      value_micros ${micros},
      currency ${text},
      machine ${text},
      properties ${json},
      primary key (workspace_id, id)
    )${strict}`,
    `create index ck_events_campaign on ck_events (workspace_id, campaign_id, type, at, contact_id, machine, count)`,
    `create index ck_events_contact on ck_events (workspace_id, contact_id, type, at) where contact_id is not null`,

    // What machines did, by campaign and reason: read without going through what people did.
    `create index ck_events_machine on ck_events (workspace_id, campaign_id, type, machine, count) where machine is not null`,

    // By delivery: what one message's requests show together is one range of the key.
    `create table ck_event_requests (
      workspace_id ${text} not null,
      delivery_id ${uuid} not null,
      event_id ${keyText} not null,
      link ${text},
      method ${text} not null,
      purpose ${text},
      user_agent ${text},
      network ${text},
      sent_at ${instant},
      proxy ${text},
      judged_by ${text} not null,
      primary key (workspace_id, delivery_id, event_id)
    )${withoutRowid}`,

    `create table ck_event_rollups (
      workspace_id ${text} not null,
      span ${integer} not null,
      campaign_id ${uuid} not null,
      bucket ${instant} not null,
      type ${keyText} not null,
      channel ${keyText} not null,
      post_id ${uuid} not null,
      variant ${keyText} not null,
      segment_set ${keyText} not null,
      currency ${keyText} not null,
      machine ${boolean} not null,
      count ${bigint} not null,
      value_micros ${micros} not null,
      primary key (workspace_id, span, campaign_id, bucket, type, channel, post_id, variant, segment_set, currency, machine)
    )${withoutRowid}`,

    // In the order of contacts within a type: counting people is one walk along the key.
    `create table ck_first_touches (
      workspace_id ${text} not null,
      campaign_id ${uuid} not null,
      type ${keyText} not null,
      machine ${boolean} not null,
      contact_id ${uuid} not null,
      post_id ${uuid} not null,
      channel ${keyText} not null,
      segment_set ${keyText} not null,
      first_at ${instant} not null,
      primary key (workspace_id, campaign_id, type, machine, contact_id, post_id, channel, segment_set)
    )${withoutRowid}`,

    `create table ck_segment_sets (
      workspace_id ${text} not null,
      set_id ${keyText} not null,
      segment ${keyText} not null,
      primary key (workspace_id, set_id, segment)
    )${withoutRowid}`,
    `create index ck_segment_sets_segment on ck_segment_sets (workspace_id, segment, set_id)`,

    `create table ck_links (
      workspace_id ${text} not null,
      post_id ${uuid} not null,
      link_id ${text} not null,
      url ${text} not null,
      created_at ${instant} not null,
      primary key (workspace_id, post_id, link_id)
    )${withoutRowid}`,
  ],
};
