/** Topics and what contacts wish to receive of them and how often; consents that wait for their confirmation; the topic of a post. */
import type { Migration } from "../migration.ts";

export const preferencesMigration: Migration = {
  name: "0007-preferences",
  statements: ({ uuid, text, json, instant, integer, boolean, identity, strict }) => [
    `create table ck_topics (
      workspace_id ${text} not null,
      key ${text} not null,
      name ${text} not null,
      description ${text},
      translations ${json} not null,
      channel ${text} not null,
      purpose ${text} not null,
      position ${integer} not null,
      visible ${boolean} not null,
      created_at ${instant} not null,
      updated_at ${instant} not null,
      removed_at ${instant},
      primary key (workspace_id, key)
    )${strict}`,
    `create table ck_topic_choices (
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      topic ${text} not null,
      state ${text} not null check (state in ('opted-in', 'opted-out')),
      source ${text} not null,
      changed_at ${instant} not null,
      primary key (workspace_id, contact_id, topic)
    )${strict}`,
    `create table ck_contact_cadences (
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      channel ${text} not null,
      max_per_week ${integer},
      snoozed_until ${instant},
      source ${text} not null,
      changed_at ${instant} not null,
      primary key (workspace_id, contact_id, channel)
    )${strict}`,
    `create table ck_preference_log (
      position ${identity},
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      topic ${text},
      state ${text},
      channel ${text},
      max_per_week ${integer},
      snoozed_until ${instant},
      source ${text} not null,
      actor ${text} not null,
      at ${instant} not null,
      check ((topic is null) <> (channel is null)),
      check ((topic is null) = (state is null))
    )${strict}`,
    `create index ck_preference_log_contact on ck_preference_log (workspace_id, contact_id, position)`,
    `create table ck_consent_requests (
      workspace_id ${text} not null,
      contact_id ${uuid} not null,
      channel ${text} not null,
      purpose ${text} not null,
      id ${uuid} not null,
      address_hash ${text} not null,
      source ${text} not null,
      evidence ${json},
      requested_at ${instant} not null,
      expires_at ${instant} not null,
      confirmed_at ${instant},
      primary key (workspace_id, contact_id, channel, purpose)
    )${strict}`,
    `create unique index ck_consent_requests_id on ck_consent_requests (id)`,
    `alter table ck_posts add column topic ${text}`,
  ],
};
