/** The SQL of policies. The row holds only what the workspace has set; defaults are filled in when it is read. */
import { sql } from "kysely";
import { fromJson, toJson } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { DEFAULT_POLICIES, type Policies } from "./policies.ts";

/** What a workspace has set, and how often it was changed (0: never). */
export interface StoredPolicies {
  readonly overrides: Partial<Policies>;
  readonly version: number;
}

const NONE: StoredPolicies = { overrides: {}, version: 0 };

/** What the workspace has set. */
export async function selectPolicies(db: Db, workspaceId: string): Promise<StoredPolicies> {
  const row = await db
    .selectFrom("ck_policies")
    .select(["policies", "version"])
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  return row === undefined
    ? NONE
    : { overrides: fromJson<Partial<Policies>>(row.policies), version: row.version };
}

/** The policies as they hold: the defaults, and over them what the workspace has set. */
export function effective(overrides: Partial<Policies>): Policies {
  return { ...DEFAULT_POLICIES, ...overrides };
}

/**
 * Locks the workspace's row until the end of the transaction, and reads it. Whatever must be counted or rebuilt by one at a time in a
 * workspace (active campaigns, the tree of folders) goes under this lock; take it before the lock of any campaign.
 */
export async function lockPolicyRow(db: Db, workspaceId: string, now: number): Promise<StoredPolicies> {
  const { rows } = await sql<{ policies: unknown; version: number }>`
    insert into ck_policies (workspace_id, policies, version, updated_at) values (${workspaceId}, '{}', 0, ${now})
    on conflict (workspace_id) do update set workspace_id = excluded.workspace_id
    returning policies, version
  `.execute(db);
  const row = rows[0];
  return row === undefined
    ? NONE
    : { overrides: fromJson<Partial<Policies>>(row.policies), version: row.version };
}

/** Writes what the workspace has set; false when the version is no longer the expected one. */
export async function updatePolicies(
  db: Db,
  workspaceId: string,
  change: { readonly overrides: Partial<Policies>; readonly expected: number; readonly now: number },
): Promise<boolean> {
  const result = await db
    .updateTable("ck_policies")
    .set({ policies: toJson(change.overrides), version: change.expected + 1, updated_at: change.now })
    .where("workspace_id", "=", workspaceId)
    .where("version", "=", change.expected)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
