/** The PostgreSQL driver: which connections it runs on. */
import { CampaignKitError, type SqlDriver } from "@campaignkit/core";
import pg from "pg";
import type { StatementSettings } from "./client.ts";
import { classify } from "./failures.ts";
import type { ListeningConnection } from "./listener.ts";
import type {
  PostgresConnectionOptions,
  PostgresOptions,
  PostgresPGliteOptions,
  PostgresPoolOptions,
} from "./options.ts";
import { PGliteDriver } from "./pglite.ts";
import { PoolDriver, type PostgresPool } from "./pool.ts";
import { StatementNames } from "./statement-names.ts";

const ignore = () => {
  // Nobody asked to be told; the driver mends what can be mended, and the next statement says the rest.
};

/** What a pool's `error` event is answered with: the failure without what `pg` hangs on it, the client and its settings. */
function idleLost(report: (error: Error) => void): (error: Error) => void {
  return (error) => report(classify(error, "an idle connection"));
}

/** A client of the host's pool, held for as long as somebody listens. */
async function holdFrom(pool: PostgresPool): Promise<ListeningConnection> {
  const client = await pool.connect();
  let released = false;
  return {
    client,
    async close() {
      // Thrown away, so that what it listens to does not stay with a client that somebody else gets.
      if (!released) client.release(true);
      released = true;
    },
  };
}

const LONGEST_GOODBYE_MS = 5000;

/** Ends the pool and waits until its sockets are closed, which `pool.end()` does not; not for ever, since the server may be out of reach. */
async function endPool(pool: pg.Pool): Promise<void> {
  let open = pool.totalCount;
  const gone = Promise.withResolvers<void>();
  if (open === 0) gone.resolve();
  pool.on("remove", () => {
    open -= 1;
    if (open === 0) gone.resolve();
  });
  const patience = setTimeout(gone.resolve, LONGEST_GOODBYE_MS);
  try {
    await pool.end();
    await gone.promise;
  } finally {
    clearTimeout(patience);
  }
}

async function connectTo(config: pg.ClientConfig, onConnect: (client: pg.ClientBase) => Promise<void>) {
  const client = new pg.Client(config);
  // Without a listener, an error while connecting would end the process besides rejecting.
  client.on("error", ignore);
  await client.connect();
  try {
    await onConnect(client);
  } catch (error) {
    await client.end();
    throw error;
  }
  return { client, close: () => client.end() };
}

function overOwnPool(options: PostgresConnectionOptions, statements: StatementSettings): SqlDriver {
  const { preparedStatements: _, onBackgroundError: report = ignore, schema, ...given } = options;
  const config = {
    connectionTimeoutMillis: 30_000,
    keepAlive: true,
    fallback_application_name: "campaignkit",
    ...(given as pg.PoolConfig),
  };
  const onConnect = async (client: pg.ClientBase): Promise<void> => {
    if (schema !== undefined) await client.query(`SET search_path TO ${client.escapeIdentifier(schema)}`);
  };
  const pool = new pg.Pool({ ...config, onConnect });
  // A pool reports a lost idle connection as an event, which would end the process if nobody listened; also while it is ending.
  pool.on("error", idleLost(report));
  return new PoolDriver({
    pool,
    statements,
    schema,
    openListening: () => connectTo(config, onConnect),
    report,
    end: () => endPool(pool),
  });
}

function overHostPool(
  { pool, onBackgroundError: report = ignore }: PostgresPoolOptions,
  statements: StatementSettings,
): SqlDriver {
  if (typeof pool.connect !== "function") {
    const reason = "pool is no Pool of pg";
    throw new CampaignKitError("CONFIGURATION_INVALID", `postgres(): ${reason}.`, {
      setting: "pool",
      reason,
    });
  }
  const onIdleLost = idleLost(report);
  pool.on("error", onIdleLost);
  return new PoolDriver({
    pool,
    statements,
    schema: undefined,
    openListening: () => holdFrom(pool),
    report,
    // The host made the pool and may still need it.
    end: async () => void pool.removeListener("error", onIdleLost),
  });
}

/**
 * A PostgreSQL database as the engine's storage, over `pg`.
 *
 * - With a connection string or `pg` settings the driver makes its own pool and ends it on `close()`. Listening takes one more connection.
 * - With `pool` it uses the host's, and leaves it open. While somebody listens, one of the pool's clients is held, so let it have two or more.
 * - With `pglite` it uses the host's PGlite database: one connection, so transactions take turns.
 * - `adopt(client)` runs statements in a transaction that the host began on its `pg` client (or, with `pglite`, in a PGlite transaction).
 *
 * Transactions are READ COMMITTED. Hot statements are kept prepared. A number beyond 2^53 in a result is an error of kind `invalid`, never a
 * rounded number; JSON, timestamps and everything else without a JavaScript equal come back as text. The host's `pg.types` are neither used nor
 * changed. When a connection breaks, a read or an open transaction fails with `unavailable`, and a COMMIT or a statement that commits by itself
 * with `outcome-unknown`. No error holds a password, a connection string, or the values of a row.
 *
 * @throws {CONFIGURATION_INVALID} when `pool` or `pglite` is something else.
 * @example
 * ```ts
 * import { postgres } from "@campaignkit/adapter-postgres";
 *
 * const storage = postgres({ connectionString: "postgres://app@localhost/shop", max: 8, schema: "marketing" });
 * const { rows } = await storage.execute({ sql: "SELECT $1::text AS greeting", parameters: ["hello"] });
 * console.log(rows[0]?.["greeting"]);
 * await storage.close();
 * ```
 */
export function postgres(options: PostgresOptions): SqlDriver {
  const names = options.preparedStatements === false ? undefined : new StatementNames();
  if ("pool" in options) return overHostPool(options, { names });
  if ("pglite" in options) return overPGlite(options);
  return overOwnPool(options, { names });
}

function overPGlite({ pglite, onBackgroundError = ignore }: PostgresPGliteOptions): SqlDriver {
  if (typeof pglite.transaction !== "function" || typeof pglite.listen !== "function") {
    const reason = "pglite is no PGlite database";
    throw new CampaignKitError("CONFIGURATION_INVALID", `postgres(): ${reason}.`, {
      setting: "pglite",
      reason,
    });
  }
  return new PGliteDriver(pglite, onBackgroundError);
}
