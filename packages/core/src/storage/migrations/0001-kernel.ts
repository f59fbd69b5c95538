/** Activity, jobs, schedules, subscribers, settings, members, policies. */
import type { Migration } from "../migration.ts";

export const kernelMigration: Migration = {
  name: "0001-kernel",
  statements: ({ uuid, text, json, instant, integer, bigint, identity, strict }) => [
    `create table ck_settings (key ${text} primary key, value ${text} not null)${strict}`,

    `create table ck_activity (
      position ${identity},
      id ${uuid} not null,
      workspace_id ${text} not null,
      at ${instant} not null,
      actor ${text} not null,
      type ${text} not null,
      subject_type ${text} not null,
      subject_id ${text} not null,
      data ${json} not null,
      before ${json},
      after ${json},
      seq ${bigint},
      chain_index ${bigint},
      hash ${text}
    )${strict}`,
    `create unique index ck_activity_id on ck_activity (id)`,
    `create index ck_activity_unsealed on ck_activity (position) where seq is null`,
    `create unique index ck_activity_seq on ck_activity (seq) where seq is not null`,
    `create unique index ck_activity_chain on ck_activity (workspace_id, chain_index) where chain_index is not null`,
    `create index ck_activity_subject on ck_activity (workspace_id, subject_type, subject_id, position)`,
    `create index ck_activity_workspace on ck_activity (workspace_id, position)`,
    `create table ck_activity_chains (workspace_id ${text} primary key, length ${bigint} not null, hash ${text} not null)${strict}`,
    `create table ck_activity_feed (id ${integer} primary key, seq ${bigint} not null)${strict}`,
    `insert into ck_activity_feed (id, seq) values (1, 0)`,

    `create table ck_subscribers (
      name ${text} primary key,
      seq ${bigint} not null,
      owner ${text},
      lease_until ${instant},
      fence ${bigint} not null,
      failures ${integer} not null,
      retry_at ${instant} not null,
      last_error ${text}
    )${strict}`,

    `create table ck_jobs (
      id ${uuid} primary key,
      workspace_id ${text} not null,
      kind ${text} not null,
      key ${text},
      payload ${json} not null,
      state ${text} not null check (state in ('ready', 'running', 'dead')),
      run_at ${instant} not null,
      attempts ${integer} not null default 0,
      fence ${integer} not null default 0,
      owner ${text},
      lease_until ${instant},
      last_error ${text},
      again_at ${instant},
      again_payload ${json},
      created_at ${instant} not null
    )${strict}`,
    `create index ck_jobs_ready on ck_jobs (run_at, id) where state = 'ready'`,
    `create index ck_jobs_running on ck_jobs (lease_until) where state = 'running'`,
    `create index ck_jobs_dead on ck_jobs (workspace_id, id) where state = 'dead'`,
    `create unique index ck_jobs_key on ck_jobs (workspace_id, kind, key) where key is not null and state <> 'dead'`,
    `create table ck_schedules (
      name ${text} primary key,
      kind ${text} not null,
      cron ${text} not null,
      time_zone ${text} not null,
      payload ${json} not null,
      next_run_at ${instant} not null
    )${strict}`,
    `create index ck_schedules_due on ck_schedules (next_run_at)`,

    `create table ck_members (
      workspace_id ${text} not null,
      actor ${text} not null,
      role ${text} not null,
      created_at ${instant} not null,
      primary key (workspace_id, actor)
    )${strict}`,
    `create table ck_policies (
      workspace_id ${text} primary key,
      policies ${json} not null,
      version ${integer} not null,
      updated_at ${instant} not null
    )${strict}`,
  ],
};
