/** Rules that hold for a whole workspace. */
import type { Unit } from "../kernel/unit.ts";
import type { Db } from "../storage/db.ts";
import type { Policies } from "./policies.ts";
import { effective, lockPolicyRow, selectPolicies } from "./store.ts";

export {
  type BounceRule,
  currencySchema,
  DEFAULT_POLICIES,
  type MisfireRule,
  misfireSchema,
  type Policies,
} from "./policies.ts";
export { type QuietHours, quietFrom, quietHoursSchema, quietUntil } from "./quiet-hours.ts";
export { type PolicyChanges, PolicyService, type WorkspacePolicies } from "./service.ts";

/** The policies that hold in the workspace. */
export async function loadPolicies(db: Db, workspaceId: string): Promise<Policies> {
  return effective((await selectPolicies(db, workspaceId)).overrides);
}

/**
 * The policies, and the workspace's lock until the end of the unit: what must be counted or rebuilt by one at a time in a workspace goes
 * under it. Take it before the lock of any campaign, so that two units never wait for each other.
 */
export async function lockPolicies(unit: Unit): Promise<Policies> {
  return effective((await lockPolicyRow(unit.db, unit.workspaceId, unit.now)).overrides);
}
