/** Core's migrations, in order. Append only; a released one never changes. */
import type { Migration, MigrationNamespace } from "../migration.ts";
import { kernelMigration } from "./0001-kernel.ts";
import { campaignsMigration } from "./0002-campaigns.ts";
import { budgetsMigration } from "./0004-budgets.ts";

const migrations: readonly Migration[] = [kernelMigration, campaignsMigration, budgetsMigration];

export const CORE_MIGRATIONS: MigrationNamespace = { namespace: "core", migrations };
