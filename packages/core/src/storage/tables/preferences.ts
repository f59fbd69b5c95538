/** What contacts wish to receive, and how often. */
import type { ColumnType } from "kysely";
import type {
  BooleanColumn,
  InstantColumn,
  JsonColumn,
  NullableInstantColumn,
  NullableJsonColumn,
  StoredInteger,
} from "../columns.ts";

/** What a workspace writes about. */
export interface TopicsTable {
  workspace_id: string;
  key: string;
  name: string;
  description: string | null;
  /** Name and description by language. */
  translations: JsonColumn;
  channel: string;
  purpose: string;
  position: number;
  visible: BooleanColumn;
  created_at: InstantColumn;
  updated_at: InstantColumn;
  /** Out of use; what people chose stands, should it be defined again. */
  removed_at: NullableInstantColumn;
}

/** What a contact said about a topic, now. */
export interface TopicChoicesTable {
  workspace_id: string;
  contact_id: string;
  topic: string;
  state: string;
  source: string;
  changed_at: InstantColumn;
}

/** How often a contact wishes to be written to, now. */
export interface ContactCadencesTable {
  workspace_id: string;
  contact_id: string;
  channel: string;
  max_per_week: number | null;
  snoozed_until: NullableInstantColumn;
  source: string;
  changed_at: InstantColumn;
}

/** Every change of a choice (`topic`, `state`) and of a cadence (`channel`, …). Goes with the contact. */
export interface PreferenceLogTable {
  position: ColumnType<StoredInteger, never, never>;
  workspace_id: string;
  contact_id: string;
  topic: string | null;
  state: string | null;
  channel: string | null;
  max_per_week: number | null;
  snoozed_until: NullableInstantColumn;
  source: string;
  actor: string;
  at: InstantColumn;
}

/** Consents that were asked for and wait for the person's own confirmation; the last request of each kind and purpose. */
export interface ConsentRequestsTable {
  workspace_id: string;
  contact_id: string;
  channel: string;
  purpose: string;
  /** What the signed link names. */
  id: string;
  /** Of the address that the link was made for: it confirms no other. */
  address_hash: string;
  source: string;
  evidence: NullableJsonColumn;
  requested_at: InstantColumn;
  expires_at: InstantColumn;
  confirmed_at: NullableInstantColumn;
}

/** The preferences' part of the database. */
export interface PreferenceTables {
  ck_topics: TopicsTable;
  ck_topic_choices: TopicChoicesTable;
  ck_contact_cadences: ContactCadencesTable;
  ck_preference_log: PreferenceLogTable;
  ck_consent_requests: ConsentRequestsTable;
}
