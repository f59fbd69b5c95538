/** Reading a budget. */
import { loadCampaign } from "../campaigns/index.ts";
import { requireId } from "../kernel/validate.ts";
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import type { Db } from "../storage/db.ts";
import { type Budget, composeBudget } from "./budget.ts";
import { firstCounters, firstPlan } from "./open.ts";
import { selectAlerts } from "./store/alerts.ts";
import { selectAllCounters, selectCounters } from "./store/counters.ts";
import { type Plan, selectPlan } from "./store/plans.ts";

/** The budget as it stands at an instant. One that was never opened reads as its campaign says. @throws {NOT_FOUND} */
export async function readBudget(
  db: Db,
  workspaceId: string,
  campaignId: string,
  now: number,
): Promise<Budget> {
  const frame = { workspaceId, campaignId: requireId("campaign", campaignId) };
  const dayOf = ({ timeZone }: Plan): { readonly day: string; readonly dayEndsAt: number } => ({
    day: localDay(now, timeZone),
    dayEndsAt: startOfNextLocalDay(now, timeZone),
  });
  const plan = await selectPlan(db, workspaceId, campaignId);
  if (plan === null) {
    const campaign = await loadCampaign(db, workspaceId, campaignId);
    const first = firstPlan(campaign);
    return composeBudget({ plan: first, counters: firstCounters(campaign), alerts: [], ...dayOf(first) });
  }
  const { day, dayEndsAt } = dayOf(plan);
  const lasting = await selectAllCounters(db, workspaceId, campaignId);
  const today = await selectCounters(db, { ...frame, scopes: [{ kind: "daily", name: day }] });
  const alerts = await selectAlerts(db, frame);
  return composeBudget({ plan, counters: [...lasting, ...today], alerts, day, dayEndsAt });
}
