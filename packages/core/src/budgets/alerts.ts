/**
 * Alerts: what a budget tells about what is spent. Each is told once, however many workers spend.
 *
 * All of these are called while the campaign's total is locked.
 */
import type { Unit } from "../kernel/unit.ts";
import { type Counter, isLimited, type LimitedCounter, nameScope } from "./scope.ts";
import { type Alert, deleteAlerts, insertAlerts, selectAlerts } from "./store/alerts.ts";
import type { Plan } from "./store/plans.ts";
import { crossedPercents, reachedPercents } from "./thresholds.ts";

/** A counter that raises alerts. */
type AlertingCounter = LimitedCounter & { readonly kind: Alert["kind"] };

function carriesAlerts(counter: Counter): counter is AlertingCounter {
  return counter.kind === "total" || counter.kind === "channel";
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
