/** The SQL of budget plans: currency, zone, daily limit, contingency, alert percents. */
import { notFound } from "../../kernel/validate.ts";
import { fromJson, toIntegerOrNull, toJson } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";

/** A budget's plan, apart from the limits that stand beside their counters. */
export interface Plan {
  readonly campaignId: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly dailyMicros: number | null;
  readonly contingencyPercent: number;
  readonly alertPercents: readonly number[];
  readonly version: number;
}

/** The plan, or null when the campaign has none yet. */
export async function selectPlan(db: Db, workspaceId: string, campaignId: string): Promise<Plan | null> {
  const row = await db
    .selectFrom("ck_budgets")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", campaignId)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    campaignId: row.campaign_id,
    currency: row.currency,
    timeZone: row.time_zone,
    dailyMicros: toIntegerOrNull(row.daily_micros),
    contingencyPercent: row.contingency_percent,
    alertPercents: fromJson<number[]>(row.alert_percents),
    version: row.version,
  };
}

/** The plan of a budget that is known to be open. @throws {NOT_FOUND} */
export async function loadKnownPlan(db: Db, workspaceId: string, campaignId: string): Promise<Plan> {
  const plan = await selectPlan(db, workspaceId, campaignId);
  if (plan === null) throw notFound("budget", campaignId);
  return plan;
}

/** Opens a budget: its plan and its total counter. One that is there already stays as it is. */
export async function insertPlan(
  db: Db,
  workspaceId: string,
  plan: Omit<Plan, "version"> & { readonly totalMicros: number | null },
  now: number,
): Promise<void> {
  await db
    .insertInto("ck_budgets")
    .values({
      workspace_id: workspaceId,
      campaign_id: plan.campaignId,
      currency: plan.currency,
      time_zone: plan.timeZone,
      daily_micros: plan.dailyMicros,
      contingency_percent: plan.contingencyPercent,
      alert_percents: toJson(plan.alertPercents),
      version: 1,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db
    .insertInto("ck_budget_scopes")
    .values({
      workspace_id: workspaceId,
      campaign_id: plan.campaignId,
      kind: "total",
      name: "",
      limit_micros: plan.totalMicros,
      held_micros: 0,
      committed_micros: 0,
      reserved_micros: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Changes the plan; false when somebody else has changed it since that version. */
export async function updatePlan(db: Db, workspaceId: string, plan: Plan, now: number): Promise<boolean> {
  const result = await db
    .updateTable("ck_budgets")
    .set({
      currency: plan.currency,
      time_zone: plan.timeZone,
      daily_micros: plan.dailyMicros,
      contingency_percent: plan.contingencyPercent,
      alert_percents: toJson(plan.alertPercents),
      version: plan.version + 1,
      updated_at: now,
    })
    .where("workspace_id", "=", workspaceId)
    .where("campaign_id", "=", plan.campaignId)
    .where("version", "=", plan.version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
