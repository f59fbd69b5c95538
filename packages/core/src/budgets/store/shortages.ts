/** The SQL of shortages: marks on the counters. Whatever changes them is called while holding the total. */
import { sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import type { ScopeKey } from "../scope.ts";
import { type BudgetKey, lockedCounters } from "./counters.ts";

/** Marks a scope as short of room for a price, or for a smaller one than before. */
export async function markShort(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
  { kind, name }: ScopeKey,
  wantedMicros: number,
): Promise<void> {
  await db
    .updateTable("ck_budget_scopes")
    .set({ wanted_micros: wantedMicros })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where(({ or, eb }) => or([eb("wanted_micros", "is", null), eb("wanted_micros", ">", wantedMicros)]))
    .execute();
}

/** Marks a scope as exhausted; false when it is already. */
export async function markExhausted(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
  { kind, name }: ScopeKey,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable("ck_budget_scopes")
    .set({ exhausted_at: now })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where("exhausted_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes both marks away; false when there are none. */
export async function clearShortage(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
  { kind, name }: ScopeKey,
): Promise<boolean> {
  const result = await db
    .updateTable("ck_budget_scopes")
    .set({ exhausted_at: null, wanted_micros: null })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where("wanted_micros", "is not", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes the marks of the total and the channels away without a word. */
export async function forgetShortages(db: Db, { workspaceId, campaignId }: BudgetKey): Promise<void> {
  const total = { workspaceId, campaignId, scopes: [{ kind: "total", name: "" }] } as const;
  await sql`
    with locked as (${lockedCounters(db, total)})
    update ck_budget_scopes set exhausted_at = null, wanted_micros = null
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and kind in ('total', 'channel') and wanted_micros is not null
      and (select count(*) from locked) = 1
  `.execute(db);
}

/** Whether the campaign's total is marked as exhausted. */
export async function isBudgetExhausted(db: Db, workspaceId: string, campaignId: string): Promise<boolean> {
  const row = await db
    .selectFrom("ck_budget_scopes")
    .select("exhausted_at")
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", "total")
    .executeTakeFirst();
  return row !== undefined && row.exhausted_at !== null;
}
