/** The SQL of alerts: each is a row that only one caller can add. Call these while holding the total. */
import { sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { BudgetKey } from "./counters.ts";

/** One alert: this share of this scope is spent. */
export interface Alert {
  readonly kind: "total" | "channel";
  readonly name: string;
  readonly percent: number;
}

/** Keeps alerts; returns those that were not raised yet. */
export async function insertAlerts(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
  alerts: readonly Alert[],
  now: number,
): Promise<readonly Alert[]> {
  if (alerts.length === 0) return [];
  const set = rowsAs(
    db,
    "added",
    { campaign_id: "uuid", kind: "text", name: "text", percent: "integer" },
    alerts.map(({ kind, name, percent }) => ({ campaign_id: campaignId, kind, name, percent })),
  );
  const { rows } = await sql<Alert>`
    insert into ck_budget_alerts (workspace_id, campaign_id, kind, name, percent, raised_at)
    select ${workspaceId}, added.campaign_id, added.kind, added.name, added.percent, cast(${now} as bigint) from ${set} where true
    order by added.kind, added.name, added.percent
    on conflict do nothing returning kind, name, percent
  `.execute(db);
  return rows;
}

/** Forgets alerts, so that they can be raised again. */
export async function deleteAlerts(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
  alerts: readonly Alert[],
): Promise<void> {
  if (alerts.length === 0) return;
  const set = rowsAs(db, "gone", { kind: "text", name: "text", percent: "integer" }, alerts);
  await sql`
    delete from ck_budget_alerts where workspace_id = ${workspaceId} and campaign_id = ${campaignId}
      and (kind, name, percent) in (select gone.kind, gone.name, gone.percent from ${set})
  `.execute(db);
}

/** The alerts that are raised. */
export async function selectAlerts(
  db: Db,
  { workspaceId, campaignId }: BudgetKey,
): Promise<readonly (Alert & { readonly raisedAt: number })[]> {
  const rows = await db
    .selectFrom("ck_budget_alerts")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .orderBy("kind", "desc")
    .orderBy("name")
    .orderBy("percent")
    .execute();
  return rows.map(({ kind, name, percent, raised_at }) => ({
    kind,
    name,
    percent,
    raisedAt: Number(raised_at),
  }));
}
