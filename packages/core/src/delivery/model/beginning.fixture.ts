/**
 * What all histories begin with: people, their segment, and two campaigns without a budget. It is made once in a database, the public way, kept
 * beside the tables, and put back before each history.
 */
import { DELIVERY_MOVES } from "../delivery.ts";
import type { FaultyDriver } from "./faults.fixture.ts";
import { World } from "./world.fixture.ts";

/** They belong to the database, not to what happens in it. */
const KEPT = new Set(["ck_migrations", "ck_settings", "ck_activity_feed"]);

/** The beginning, in one database. */
export class Beginning {
  /** The world at that time; a history takes over who is who. */
  readonly world: World;
  readonly #driver: FaultyDriver;
  /** Before those that refer to them. */
  readonly #tables: readonly string[];
  readonly #filled: readonly string[];

  private constructor(world: World, tables: readonly string[], filled: readonly string[]) {
    this.world = world;
    this.#driver = world.driver;
    this.#tables = tables;
    this.#filled = filled;
  }

  /** Makes it in a database with core's schema. */
  static async in(driver: FaultyDriver): Promise<Beginning> {
    const world = new World(driver, []);
    await world.found();
    await guardMoves(driver);
    const tables = await tablesOf(driver);
    const filled: string[] = [];
    for (const table of tables) {
      const { rows } = await driver.execute({ sql: `select 1 from ${table} limit 1`, parameters: [] });
      if (rows.length === 0) continue;
      await driver.execute({ sql: `create table kept_${table} as select * from ${table}`, parameters: [] });
      filled.push(table);
    }
    return new Beginning(world, tables, filled);
  }

  /** Forgets all that has happened since. */
  async restore(): Promise<void> {
    const driver = this.#driver;
    driver.fault = null;
    // Some numbers are the database's to give; these were.
    const given = driver.family === "postgres" ? "overriding system value" : "";
    for (const table of this.#tables.toReversed())
      await driver.execute({ sql: `delete from ${table}`, parameters: [] });
    for (const table of this.#filled)
      await driver.execute({
        sql: `insert into ${table} ${given} select * from kept_${table}`,
        parameters: [],
      });
  }
}

async function tablesOf(driver: FaultyDriver): Promise<readonly string[]> {
  const sql =
    driver.family === "sqlite"
      ? "select name from sqlite_master where type = 'table' and name like 'ck\\_%' escape '\\'"
      : "select tablename as name from pg_tables where tablename like 'ck\\_%'";
  const { rows } = await driver.execute({ sql, parameters: [] });
  const names = rows.map(({ name }) => String(name)).filter((name) => !KEPT.has(name));
  // By chance of their names, what refers to others comes before them in the alphabet.
  return names.toSorted().toReversed();
}

/** The database itself refuses every move of a delivery that is not in the table. */
async function guardMoves(driver: FaultyDriver): Promise<void> {
  const legal = Object.entries(DELIVERY_MOVES)
    .flatMap(([from, tos]) => [from, ...tos].map((to) => `(old.state = '${from}' and new.state = '${to}')`))
    .join(" or ");
  const run = (sql: string) => driver.execute({ sql, parameters: [] });
  if (driver.family === "sqlite") {
    await run(`create trigger legal_moves before update of state on ck_deliveries when not (${legal})
      begin select raise(abort, 'illegal move of a delivery'); end`);
    return;
  }
  await run(`create function legal_moves() returns trigger language plpgsql as
    $$ begin if not (${legal}) then raise exception 'illegal move: % to %', old.state, new.state; end if; return new; end $$`);
  await run(
    "create trigger legal_moves before update of state on ck_deliveries for each row execute function legal_moves()",
  );
}
