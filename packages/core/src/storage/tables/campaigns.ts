/** The tables of campaigns: the campaign itself, what it is found by, and its folders. */
import type { Generated } from "kysely";
import type { InstantColumn, JsonColumn, NullableBigIntColumn, NullableInstantColumn } from "../columns.ts";

/** One campaign. */
export interface CampaignsTable {
  id: string;
  workspace_id: string;
  name: string;
  /** The name in lower case, by code points: what lists are sorted by. */
  name_key: string;
  description: string;
  type: string;
  state: "draft" | "scheduled" | "active" | "paused" | "completed" | "cancelled";
  state_reason: string | null;
  /** What a person must decide before the engine goes on by itself. */
  needs_decision: "missed-start" | null;
  time_zone: string;
  starts_at: InstantColumn;
  ends_at: NullableInstantColumn;
  /** `ends_at`, or the end of all time: what lists are sorted by. */
  ends_key: InstantColumn;
  /** ISO 4217. */
  currency: string;
  total_budget_micros: NullableBigIntColumn;
  daily_budget_micros: NullableBigIntColumn;
  owner: string | null;
  folder_id: string | null;
  source_id: string | null;
  /** Everything that no query filters by. */
  details: JsonColumn;
  /** Where it is kept; lists read one shelf at a time. */
  shelf: "open" | "archived" | "deleted";
  version: number;
  created_at: InstantColumn;
  updated_at: InstantColumn;
  scheduled_at: NullableInstantColumn;
  launched_at: NullableInstantColumn;
  paused_at: NullableInstantColumn;
  completing_since: NullableInstantColumn;
  completed_at: NullableInstantColumn;
  cancelled_at: NullableInstantColumn;
  archived_at: NullableInstantColumn;
  deleted_at: NullableInstantColumn;
}

/** What campaigns are found by: one row for each tag, channel, objective, and word of their texts. */
export interface CampaignTermsTable {
  workspace_id: string;
  kind: "tag" | "channel" | "objective" | "word";
  term: string;
  campaign_id: string;
}

/** A folder of campaigns. */
export interface CampaignFoldersTable {
  id: string;
  workspace_id: string;
  parent_id: string | null;
  name: string;
  /** The name in lower case, by code points. Unique among the folders of one parent. */
  name_key: string;
  /** The ids from the top to the folder itself, each followed by a slash: a subtree is a range of it. */
  path: string;
  version: Generated<number>;
  created_at: InstantColumn;
  updated_at: InstantColumn;
}

/** The campaigns' part of the database. */
export interface CampaignTables {
  ck_campaigns: CampaignsTable;
  ck_campaign_terms: CampaignTermsTable;
  ck_campaign_folders: CampaignFoldersTable;
}
