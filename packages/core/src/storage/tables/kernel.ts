/** The kernel's tables: activity, jobs, schedules, subscribers, settings, members. */
import type { ColumnType, Generated } from "kysely";
import type {
  BigIntColumn,
  InstantColumn,
  JsonColumn,
  NullableBigIntColumn,
  NullableInstantColumn,
  NullableJsonColumn,
  StoredInteger,
} from "../columns.ts";

/** Engine-wide values, such as the generated signing key. */
export interface SettingsTable {
  key: string;
  value: string;
}

/** One change: who, what, before, after. `seq` and `hash` are given by the sealer. */
export interface ActivityTable {
  position: ColumnType<StoredInteger, never, never>;
  id: string;
  workspace_id: string;
  at: InstantColumn;
  actor: string;
  type: string;
  subject_type: string;
  subject_id: string;
  data: JsonColumn;
  before: NullableJsonColumn;
  after: NullableJsonColumn;
  seq: NullableBigIntColumn;
  chain_index: NullableBigIntColumn;
  hash: string | null;
}

/** The head of each workspace's hash chain. */
export interface ActivityChainsTable {
  workspace_id: string;
  length: BigIntColumn;
  hash: string;
}

/** One row: the last sequence number given to a sealed activity. */
export interface ActivityFeedTable {
  id: number;
  seq: BigIntColumn;
}

/** A durable subscriber's place in the feed. */
export interface SubscribersTable {
  name: string;
  seq: BigIntColumn;
  owner: string | null;
  lease_until: NullableInstantColumn;
  fence: BigIntColumn;
  failures: number;
  retry_at: InstantColumn;
  last_error: string | null;
}

/** Work for later. A finished job is deleted; a dead one stays until it is replayed or dropped. */
export interface JobsTable {
  id: string;
  workspace_id: string;
  kind: string;
  /** Unique among the open jobs of its kind, where given. */
  key: string | null;
  payload: JsonColumn;
  state: "ready" | "running" | "dead";
  run_at: InstantColumn;
  attempts: Generated<number>;
  /** Bumped by each claim; 0 until the job has begun. */
  fence: Generated<number>;
  owner: string | null;
  lease_until: NullableInstantColumn;
  last_error: string | null;
  /** When and as what it runs again once it is done, because an order with its key came after it had begun. */
  again_at: NullableInstantColumn;
  again_payload: NullableJsonColumn;
  created_at: InstantColumn;
}

/** A recurring job's next occurrence. */
export interface SchedulesTable {
  name: string;
  kind: string;
  cron: string;
  time_zone: string;
  payload: JsonColumn;
  next_run_at: InstantColumn;
}

/** Who may do what in a workspace. */
export interface MembersTable {
  workspace_id: string;
  actor: string;
  role: string;
  created_at: InstantColumn;
}

/** A workspace's policies. */
export interface PoliciesTable {
  workspace_id: string;
  policies: JsonColumn;
  version: number;
  updated_at: InstantColumn;
}

/** The kernel's part of the database. */
export interface KernelTables {
  ck_settings: SettingsTable;
  ck_activity: ActivityTable;
  ck_activity_chains: ActivityChainsTable;
  ck_activity_feed: ActivityFeedTable;
  ck_subscribers: SubscribersTable;
  ck_jobs: JobsTable;
  ck_schedules: SchedulesTable;
  ck_members: MembersTable;
  ck_policies: PoliciesTable;
}
