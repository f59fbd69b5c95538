/** All tables of core, as Kysely sees them. Each feature's store is the only writer of its own. */
import type { AnalyticsTables } from "./tables/analytics.ts";
import type { AudienceTables } from "./tables/audience.ts";
import type { BudgetTables } from "./tables/budgets.ts";
import type { CampaignTables } from "./tables/campaigns.ts";
import type { DeliveryTables } from "./tables/delivery.ts";
import type { DeliveryReturnTables } from "./tables/delivery-returns.ts";
import type { KernelTables } from "./tables/kernel.ts";
import type { PreferenceTables } from "./tables/preferences.ts";

/** The database type of core. */
export interface Database
  extends KernelTables,
    AnalyticsTables,
    AudienceTables,
    BudgetTables,
    CampaignTables,
    DeliveryTables,
    DeliveryReturnTables,
    PreferenceTables {}
