/** The SQL of alerts and exhaustion: each is a row or a mark that only one caller can set. Call these while holding the total. */
import { sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { ScopeKey } from "../scope.ts";
import { lockedCounters } from "./counters.ts";

/** Whose alerts. */
export interface AlertFrame {
  readonly workspaceId: string;
  readonly campaignId: string;
}

/** One alert: this share of this scope is spent. */
export interface Alert {
  readonly kind: "total" | "channel";
  readonly name: string;
  readonly percent: number;
}

/** Keeps alerts; returns those that were not raised yet. */
export async function insertAlerts(
  db: Db,
  { workspaceId, campaignId }: AlertFrame,
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
  { workspaceId, campaignId }: AlertFrame,
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
  { workspaceId, campaignId }: AlertFrame,
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

/** Marks a scope as exhausted, or as exhausted already for a smaller price than before; false when it stands so. */
export async function markExhausted(
  db: Db,
  { workspaceId, campaignId }: AlertFrame,
  { kind, name }: ScopeKey,
  wantedMicros: number,
  now: number,
): Promise<boolean> {
  const result = await db
    .updateTable("ck_budget_scopes")
    .set({ exhausted_at: now, wanted_micros: wantedMicros })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where(({ or, eb }) => or([eb("exhausted_at", "is", null), eb("wanted_micros", ">", wantedMicros)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes the mark away; false when there is none. */
export async function clearExhausted(
  db: Db,
  { workspaceId, campaignId }: AlertFrame,
  { kind, name }: ScopeKey,
): Promise<boolean> {
  const result = await db
    .updateTable("ck_budget_scopes")
    .set({ exhausted_at: null, wanted_micros: null })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("kind", "=", kind)
    .where("name", "=", name)
    .where("exhausted_at", "is not", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes the marks of the total and the channels away without a word. */
export async function forgetExhaustion(db: Db, { workspaceId, campaignId }: AlertFrame): Promise<void> {
  const total = { workspaceId, campaignId, scopes: [{ kind: "total", name: "" }] } as const;
  await sql`
    with locked as (${lockedCounters(db, total)})
    update ck_budget_scopes set exhausted_at = null, wanted_micros = null
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and kind in ('total', 'channel') and exhausted_at is not null
      and (select count(*) from locked) = 1
  `.execute(db);
}
