/** The audience's tables: contacts, attributes, consents, suppressions, segments, imports. */
import type { ColumnType } from "kysely";
import type {
  BigIntColumn,
  BooleanColumn,
  InstantColumn,
  JsonColumn,
  NullableInstantColumn,
  NullableJsonColumn,
  StoredInteger,
} from "../columns.ts";

/** A person who can receive direct messages. An erased one keeps its id and times only. */
export interface ContactsTable {
  workspace_id: string;
  id: string;
  /** The host's id of the person; unique in the workspace. */
  external_id: string | null;
  /** As given, trimmed. */
  email: string | null;
  /** What makes two addresses the same; unique in the workspace. */
  email_normalized: string | null;
  /** E.164. */
  phone: string | null;
  first_name: string | null;
  last_name: string | null;
  locale: string | null;
  time_zone: string | null;
  attributes: JsonColumn;
  /** The import that wrote the row last, by which a later row of the same file is known as a duplicate. */
  import_id: string | null;
  created_at: InstantColumn;
  updated_at: InstantColumn;
  erased_at: NullableInstantColumn;
}

/** Which contact a merged one is now, by whose old id links in messages still name it. Never of two steps. */
export interface ContactAliasesTable {
  workspace_id: string;
  contact_id: string;
  into_id: string;
}

/** The typed attributes that a workspace's contacts can have. */
export interface AttributesTable {
  workspace_id: string;
  name: string;
  type: string;
  description: string | null;
  created_at: InstantColumn;
  /** Set while its values are being taken from the contacts; the name is taken until then. */
  removed_at: NullableInstantColumn;
}

/** What a contact has agreed to, now. */
export interface ConsentsTable {
  workspace_id: string;
  contact_id: string;
  channel: string;
  purpose: string;
  state: string;
  source: string;
  changed_at: InstantColumn;
}

/** Every change of a consent, for proof. Only ever added to; erasing a contact empties the evidence. */
export interface ConsentLogTable {
  position: ColumnType<StoredInteger, never, never>;
  workspace_id: string;
  contact_id: string;
  channel: string;
  purpose: string;
  state: string;
  source: string;
  actor: string;
  evidence: NullableJsonColumn;
  at: InstantColumn;
}

/** The random salt of a workspace's address hashes. */
export interface AudienceSaltsTable {
  workspace_id: string;
  salt: string;
}

/** Addresses that get nothing any more. The hash is the key, so that an erased address stays suppressed without being known. */
export interface SuppressionsTable {
  workspace_id: string;
  id: string;
  channel: string;
  address_hash: string;
  reason: string;
  /** `null` once the person was erased. */
  address: string | null;
  source: string;
  created_at: InstantColumn;
}

/** Sets of contacts, listed or by criteria. */
export interface SegmentsTable {
  workspace_id: string;
  id: string;
  name: string;
  description: string | null;
  kind: string;
  criteria: NullableJsonColumn;
  /** Whether its criteria look at the present time, so that members change without any contact changing. */
  follows_clock: BooleanColumn;
  /** Kept with every change of the members, under the row's lock. */
  member_count: BigIntColumn;
  version: number;
  created_at: InstantColumn;
  updated_at: InstantColumn;
  /** When a dynamic segment was last evaluated as a whole. */
  refreshed_at: NullableInstantColumn;
}

/** Which segments a dynamic segment's criteria look at. */
export interface SegmentLinksTable {
  workspace_id: string;
  segment_id: string;
  uses_id: string;
}

/** Who is in a segment: by hand, or by its last evaluation. */
export interface SegmentMembersTable {
  workspace_id: string;
  segment_id: string;
  contact_id: string;
  joined_at: InstantColumn;
}

/** Joins and leaves of dynamic segments after their first evaluation. Ordered by run. */
export interface SegmentMovesTable {
  workspace_id: string;
  segment_id: string;
  run_id: string;
  contact_id: string;
  move: string;
  at: InstantColumn;
}

/** Contacts to evaluate again, appended by whatever changes them and taken out by the refresh. */
export interface ContactChangesTable {
  position: ColumnType<StoredInteger, never, never>;
  workspace_id: string;
  contact_id: string;
}

/** Imports and how far they are. */
export interface ImportsTable {
  workspace_id: string;
  id: string;
  /** The host's name of the import, by which it goes on after an interruption. */
  key: string;
  state: string;
  /** A salted hash of the source's beginning, by which going on with another source is noticed. */
  fingerprint: string | null;
  rows_done: BigIntColumn;
  created: BigIntColumn;
  updated: BigIntColumn;
  unchanged: BigIntColumn;
  duplicates: BigIntColumn;
  refused: BigIntColumn;
  values_dropped: BigIntColumn;
  error: string | null;
  started_at: InstantColumn;
  updated_at: InstantColumn;
  finished_at: NullableInstantColumn;
}

/** What an import did not take, and why. */
export interface ImportRefusalsTable {
  position: ColumnType<StoredInteger, never, never>;
  workspace_id: string;
  import_id: string;
  row_number: BigIntColumn;
  line: BigIntColumn;
  column_name: string | null;
  value: string | null;
  reason: string;
  /** `row`: the whole row was refused; `value`: only the value was left out. */
  effect: string;
  /** Of the row's address and external id, where they could be read: an erasure finds its refusals by them. */
  email_hash: string | null;
  external_id_hash: string | null;
}

/** The audience's part of the database. */
export interface AudienceTables {
  ck_contacts: ContactsTable;
  ck_contact_aliases: ContactAliasesTable;
  ck_attributes: AttributesTable;
  ck_consents: ConsentsTable;
  ck_consent_log: ConsentLogTable;
  ck_audience_salts: AudienceSaltsTable;
  ck_suppressions: SuppressionsTable;
  ck_segments: SegmentsTable;
  ck_segment_links: SegmentLinksTable;
  ck_segment_members: SegmentMembersTable;
  ck_segment_moves: SegmentMovesTable;
  ck_contact_changes: ContactChangesTable;
  ck_imports: ImportsTable;
  ck_import_refusals: ImportRefusalsTable;
}
