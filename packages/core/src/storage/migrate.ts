/** Brings a database's schema up to date: one ledger for all namespaces, one transaction under a lock, safe when two processes start at once. */
import { sql } from "kysely";
import { CampaignKitError } from "../ports/errors.ts";
import type { SqlDriver, SqlExecutor } from "../ports/storage.ts";
import type { Db, DbFactory } from "./db.ts";
import { FAMILIES, type Family } from "./family.ts";
import type { MigrationNamespace } from "./migration.ts";

/** A migration that has not been applied yet. */
export interface PendingMigration {
  readonly namespace: string;
  readonly name: string;
  /** All that applying it runs, in order, its entry in the ledger included: run by other means, in one transaction, it counts as applied. */
  readonly statements: readonly string[];
}

const LEDGER = "ck_migrations";

function ledgerStatement({ text, instant, strict }: Family["types"]): string {
  return `create table if not exists ${LEDGER} (namespace ${text} not null, name ${text} not null, applied_at ${instant} not null, primary key (namespace, name))${strict}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** First of a migration's statements, so that of two processes that got so far the second fails here and changes nothing. */
function entryStatement(namespace: string, name: string, now: number): string {
  return `insert into ${LEDGER} (namespace, name, applied_at) values (${quoted(namespace)}, ${quoted(name)}, ${now})`;
}

async function ledgerExists(db: Db, family: Family): Promise<boolean> {
  const probe =
    family.name === "postgres"
      ? sql<{ present: number }>`select 1 as present where to_regclass(${LEDGER}) is not null`
      : sql<{
          present: number;
        }>`select 1 as present from sqlite_master where type = 'table' and name = ${LEDGER}`;
  return (await probe.execute(db)).rows.length > 0;
}

async function appliedNames(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{
    namespace: string;
    name: string;
  }>`select namespace, name from ${sql.table(LEDGER)}`.execute(db);
  return new Set(rows.map(({ namespace, name }) => `${namespace}/${name}`));
}

function pendingOf(
  family: Family,
  namespaces: readonly MigrationNamespace[],
  applied: ReadonlySet<string>,
  now: number,
): readonly PendingMigration[] {
  const ledger = applied.size === 0 ? [ledgerStatement(family.types)] : [];
  return namespaces
    .flatMap(({ namespace, migrations }) => migrations.map((migration) => ({ namespace, migration })))
    .filter(({ namespace, migration }) => !applied.has(`${namespace}/${migration.name}`))
    .map(({ namespace, migration }, index) => {
      const { name } = migration;
      const entry = entryStatement(namespace, name, now);
      const statements = [...(index === 0 ? ledger : []), entry, ...migration.statements(family.types)];
      return { namespace, name, statements };
    });
}

/** The migrations of one database. */
export class Migrator {
  readonly #driver: SqlDriver;
  readonly #factory: DbFactory;
  readonly #namespaces: readonly MigrationNamespace[];
  readonly #family: Family;

  constructor(driver: SqlDriver, factory: DbFactory, namespaces: readonly MigrationNamespace[]) {
    this.#driver = driver;
    this.#factory = factory;
    this.#namespaces = namespaces;
    this.#family = FAMILIES[driver.family];
  }

  /** What has not been applied yet, as SQL; on a database without a ledger that is everything. */
  async pending(
    now: number,
    executor: SqlExecutor = this.#driver,
  ): Promise<{ readonly empty: boolean; readonly migrations: readonly PendingMigration[] }> {
    const db = this.#factory.over(executor, { foreign: true });
    const exists = await ledgerExists(db, this.#family);
    const applied = exists ? await appliedNames(db) : new Set<string>();
    return { empty: applied.size === 0, migrations: pendingOf(this.#family, this.#namespaces, applied, now) };
  }

  /** Applies what is missing, all in one transaction: either the schema is current afterwards, or nothing changed. */
  async apply(now: number): Promise<readonly PendingMigration[]> {
    return this.#driver.transaction(async (transaction) => {
      const db = this.#factory.over(transaction, { foreign: true });
      for (const statement of this.#family.migrationLock) await sql.raw(statement).execute(db);
      const exists = await ledgerExists(db, this.#family);
      const applied = exists ? await appliedNames(db) : new Set<string>();
      const pending = pendingOf(this.#family, this.#namespaces, applied, now);
      for (const { statements } of pending) {
        for (const statement of statements) await sql.raw(statement).execute(db);
      }
      return pending;
    });
  }

  /**
   * Makes sure that the schema fits the code: an empty database is migrated, an older one is refused. Inside a transaction of the host it only
   * looks, through that transaction: it may hold the one connection there is.
   *
   * @throws {SCHEMA_OUTDATED} when migrations are pending on a database that has a schema already, or is the host's to migrate.
   */
  async ensure(now: number, joined?: SqlExecutor): Promise<void> {
    const { empty, migrations } = await this.pending(now, joined);
    if (migrations.length === 0) return;
    if (empty && joined === undefined) {
      await this.apply(now);
      return;
    }
    const names = migrations.map(({ namespace, name }) => `${namespace}/${name}`);
    throw new CampaignKitError(
      "SCHEMA_OUTDATED",
      `The database lacks ${names.length} migration(s) (${names.join(", ")}). Run kit.migrate() once, before the new version serves.`,
      { namespace: migrations[0]?.namespace ?? "core", pending: names },
    );
  }
}
