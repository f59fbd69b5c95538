/** Core's migrations, in order. Append only; a released one never changes. */
import type { Migration, MigrationNamespace } from "../migration.ts";
import { kernelMigration } from "./0001-kernel.ts";
import { campaignsMigration } from "./0002-campaigns.ts";
import { audienceMigration } from "./0003-audience.ts";
import { budgetsMigration } from "./0004-budgets.ts";
import { deliveryMigration } from "./0005-delivery.ts";
import { analyticsMigration } from "./0006-analytics.ts";
import { preferencesMigration } from "./0007-preferences.ts";
import { deliveryReturnsMigration } from "./0008-delivery-returns.ts";

const migrations: readonly Migration[] = [
  kernelMigration,
  campaignsMigration,
  audienceMigration,
  budgetsMigration,
  deliveryMigration,
  analyticsMigration,
  preferencesMigration,
  deliveryReturnsMigration,
];

export const CORE_MIGRATIONS: MigrationNamespace = { namespace: "core", migrations };
