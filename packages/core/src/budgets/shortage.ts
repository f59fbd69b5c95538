/**
 * Shortages: what a budget tells when it has no room, and when it has room again.
 *
 * A refusal alone is not the end of the money: what is in flight may come back. So a scope is *short* from the refusal on, and *exhausted*
 * once even all that is in flight would not make room. Else a campaign would pause under its last messages, get their price back, resume,
 * and never send them.
 *
 * All of these are called while the campaign's total is locked.
 */
import type { Unit } from "../kernel/unit.ts";
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import { type Counter, isLimited, type LimitedCounter, nameScope, roomOf } from "./scope.ts";
import type { Plan } from "./store/plans.ts";
import { type InFlight, selectInFlight } from "./store/reservations.ts";
import { clearShortage, markExhausted, markShort } from "./store/shortages.ts";

/** Notes that a unit of that price found no room in some of the scopes, and tells those that are exhausted. */
export async function noteShortage(
  unit: Unit,
  plan: Plan,
  counters: readonly Counter[],
  unitMicros: number,
): Promise<void> {
  const key = { workspaceId: unit.workspaceId, campaignId: plan.campaignId };
  const noted: Counter[] = [];
  for (const counter of counters.filter(isLimited)) {
    if (roomOf(counter) >= unitMicros) continue;
    await markShort(unit.db, key, counter, unitMicros);
    noted.push({ ...counter, wantedMicros: Math.min(counter.wantedMicros ?? unitMicros, unitMicros) });
  }
  await reviewShortages(unit, plan, noted);
}

/** Looks at short scopes after a movement or a change of plan: some have room again, some are exhausted now. A day that is over interests nobody. */
export async function reviewShortages(unit: Unit, plan: Plan, counters: readonly Counter[]): Promise<void> {
  const today = localDay(unit.now, plan.timeZone);
  const short = counters
    .filter(isLimited)
    .filter(({ kind, name, wantedMicros }) => wantedMicros !== null && (kind !== "daily" || name >= today));
  if (short.length === 0) return;
  const inFlight = await selectInFlight(unit.db, unit.workspaceId, plan.campaignId);
  for (const counter of short) {
    const wanted = counter.wantedMicros ?? 0;
    const room = roomOf(counter);
    if (room >= wanted) await tellReplenished(unit, plan, counter);
    else if (room + returning(counter, inFlight) < wanted) await tellExhausted(unit, plan, counter);
  }
}

/** What could come back to a scope. */
function returning({ kind, name }: LimitedCounter, inFlight: readonly InFlight[]): number {
  return inFlight
    .filter(({ channel, day }) => kind === "total" || name === (kind === "daily" ? day : channel))
    .reduce((sum, { openMicros }) => sum + openMicros, 0);
}

async function tellExhausted(unit: Unit, plan: Plan, counter: LimitedCounter): Promise<void> {
  const { campaignId, timeZone } = plan;
  if (!(await markExhausted(unit.db, { workspaceId: unit.workspaceId, campaignId }, counter, unit.now)))
    return;
  const subject = { type: "campaign", id: campaignId };
  if (counter.kind === "daily") {
    const retryAt = startOfNextLocalDay(unit.now, timeZone);
    unit.record("budget.day-exhausted", { subject, data: { campaignId, day: counter.name, retryAt } });
  } else {
    unit.record("budget.exhausted", { subject, data: { campaignId, ...nameScope(counter) } });
  }
}

async function tellReplenished(unit: Unit, { campaignId }: Plan, counter: LimitedCounter): Promise<void> {
  if (!(await clearShortage(unit.db, { workspaceId: unit.workspaceId, campaignId }, counter))) return;
  unit.record("budget.replenished", {
    subject: { type: "campaign", id: campaignId },
    data: { campaignId, ...nameScope(counter) },
  });
}
