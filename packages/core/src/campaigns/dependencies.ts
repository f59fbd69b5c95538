/** What campaigns need of features that know campaigns; the engine hands it in, so that the arrows stay one-way. */
import type { Unit } from "../kernel/unit.ts";
import type { Db } from "../storage/db.ts";

/** What delivery and budgets do for campaigns. */
export interface CampaignDependencies {
  /** How many deliveries of the campaign have no final state yet, what is still to be fanned out included. */
  openDeliveries(db: Db, workspaceId: string, campaignId: string): Promise<number>;
  /** Closes what has not begun to go out, with the reason. Idempotent; what is in flight ends by itself. */
  closePending(unit: Unit, campaignId: string, reason: string): Promise<void>;
  /** Whether the campaign's total budget was found to have no room, and has had none since. */
  isBudgetExhausted(db: Db, workspaceId: string, campaignId: string): Promise<boolean>;
}
