/** All tables of core, as Kysely sees them. Each feature's store is the only writer of its own. */
import type { BudgetTables } from "./tables/budgets.ts";
import type { CampaignTables } from "./tables/campaigns.ts";
import type { KernelTables } from "./tables/kernel.ts";

/** The database type of core. */
export interface Database extends KernelTables, BudgetTables, CampaignTables {}
