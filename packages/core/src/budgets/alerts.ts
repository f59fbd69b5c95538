/**
 * What a budget tells: a share is spent, nothing is left, there is room again. Each is told once, however many workers spend.
 *
 * All of these are called while the campaign's total is locked.
 */
import type { Unit } from "../kernel/unit.ts";
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import { type BudgetScope, type Counter, roomOf, type ScopeKey } from "./scope.ts";
import {
  type Alert,
  clearExhausted,
  deleteAlerts,
  insertAlerts,
  markExhausted,
  selectAlerts,
} from "./store/alerts.ts";
import type { Plan } from "./store/plans.ts";
import { crossedPercents, reachedPercents } from "./thresholds.ts";

interface Limited extends Counter {
  readonly kind: BudgetScope;
}

function isLimited(counter: Counter): counter is Limited {
  return counter.kind !== "cost";
}

function carriesAlerts(counter: Counter): counter is Limited & { readonly kind: Alert["kind"] } {
  return counter.kind === "total" || counter.kind === "channel";
}

/** How activities name a scope. */
function nameScope({ kind, name }: ScopeKey & { readonly kind: BudgetScope }): {
  readonly scope: BudgetScope;
  readonly channel: string | null;
} {
  return { scope: kind, channel: kind === "channel" ? name : null };
}

async function raise(unit: Unit, plan: Plan, alerts: readonly Alert[]): Promise<void> {
  const { campaignId } = plan;
  const frame = { workspaceId: unit.workspaceId, campaignId };
  const raised = await insertAlerts(unit.db, frame, alerts, unit.now);
  for (const alert of raised.toSorted((a, b) => a.percent - b.percent)) {
    unit.record("budget.threshold", {
      subject: { type: "campaign", id: campaignId },
      data: { campaignId, ...nameScope(alert), percent: alert.percent },
    });
  }
}

/** Raises the alerts that a commit has reached. */
export async function raiseCrossed(
  unit: Unit,
  plan: Plan,
  counters: readonly Counter[],
  committedDelta: number,
): Promise<void> {
  if (committedDelta <= 0) return;
  const alerts = counters
    .filter(carriesAlerts)
    .flatMap((counter) =>
      crossedPercents(counter, committedDelta, plan.alertPercents).map(
        (percent): Alert => ({ kind: counter.kind, name: counter.name, percent }),
      ),
    );
  await raise(unit, plan, alerts);
}

/** After a change of plan: raises what is reached now, and arms again what no longer is. */
export async function reviewAlerts(unit: Unit, plan: Plan, counters: readonly Counter[]): Promise<void> {
  const { campaignId } = plan;
  const frame = { workspaceId: unit.workspaceId, campaignId };
  const reached = counters
    .filter(carriesAlerts)
    .flatMap((counter) =>
      reachedPercents(counter, plan.alertPercents).map(
        (percent): Alert => ({ kind: counter.kind, name: counter.name, percent }),
      ),
    );
  const keyOf = ({ kind, name, percent }: Alert): string => JSON.stringify([kind, name, percent]);
  const standing = new Set(reached.map(keyOf));
  const raised = await selectAlerts(unit.db, frame);
  await deleteAlerts(
    unit.db,
    frame,
    raised.filter((alert) => !standing.has(keyOf(alert))),
  );
  await raise(unit, plan, reached);
}

/** Tells that these scopes have no room for one more unit: the total and a channel until topped up, a day until the next. */
export async function tellExhausted(
  unit: Unit,
  plan: Plan,
  counters: readonly Counter[],
  unitMicros: number,
): Promise<void> {
  const { campaignId } = plan;
  const subject = { type: "campaign", id: campaignId };
  for (const counter of counters.filter(isLimited)) {
    if (roomOf(counter) >= unitMicros) continue;
    const frame = { workspaceId: unit.workspaceId, campaignId };
    const marked = await markExhausted(unit.db, frame, counter, unitMicros, unit.now);
    if (!marked || counter.wantedMicros !== null) continue;
    if (counter.kind === "daily") {
      const retryAt = startOfNextLocalDay(unit.now, plan.timeZone);
      unit.record("budget.day-exhausted", { subject, data: { campaignId, day: counter.name, retryAt } });
    } else {
      unit.record("budget.exhausted", { subject, data: { campaignId, ...nameScope(counter) } });
    }
  }
}

/** Tells which scopes a cost that had happened has taken beyond their limits. */
export function tellOverspent(
  unit: Unit,
  { campaignId }: Plan,
  counters: readonly Counter[],
  usedDelta: number,
): void {
  for (const counter of counters.filter(isLimited)) {
    if (counter.limitMicros === null) continue;
    const overspendMicros = counter.committedMicros + counter.reservedMicros - counter.limitMicros;
    if (overspendMicros <= 0 || overspendMicros > usedDelta) continue;
    unit.record("budget.overspent", {
      subject: { type: "campaign", id: campaignId },
      data: { campaignId, ...nameScope(counter), overspendMicros },
    });
  }
}

/** Tells that exhausted scopes have room again for what they refused. A day that is over interests nobody. */
export async function tellReplenished(unit: Unit, plan: Plan, counters: readonly Counter[]): Promise<void> {
  const { campaignId } = plan;
  const today = localDay(unit.now, plan.timeZone);
  for (const counter of counters.filter(isLimited)) {
    if (counter.wantedMicros === null || roomOf(counter) < counter.wantedMicros) continue;
    if (counter.kind === "daily" && counter.name < today) continue;
    if (!(await clearExhausted(unit.db, { workspaceId: unit.workspaceId, campaignId }, counter))) continue;
    unit.record("budget.replenished", {
      subject: { type: "campaign", id: campaignId },
      data: { campaignId, ...nameScope(counter) },
    });
  }
}
