/** The SQL of jobs. A claim bumps the fence; whatever a run writes afterwards carries it. */
import { sql } from "kysely";
import { fromJson, type StoredInteger, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs, skipLocked } from "../../storage/sets.ts";

/** A job about to be written. */
export interface NewJob {
  readonly id: string;
  readonly workspaceId: string;
  readonly kind: string;
  readonly key: string | null;
  readonly payload: object;
  readonly runAt: number;
  readonly createdAt: number;
}

/** A job as claimed. */
export interface ClaimedJob {
  readonly id: string;
  readonly workspaceId: string;
  readonly kind: string;
  readonly payload: object;
  readonly attempts: number;
  readonly fence: number;
}

/** Adds jobs; one whose kind and key are open already is left out. */
export async function insertJobs(db: Db, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const rows = jobs.map((job) => ({
    id: job.id,
    workspace_id: job.workspaceId,
    kind: job.kind,
    key: job.key,
    payload: job.payload,
    run_at: job.runAt,
    created_at: job.createdAt,
  }));
  const set = rowsAs(
    db,
    "added",
    {
      id: "uuid",
      workspace_id: "text",
      kind: "text",
      key: "text",
      payload: "json",
      run_at: "bigint",
      created_at: "bigint",
    },
    rows,
  );
  await sql`
    insert into ck_jobs (id, workspace_id, kind, key, payload, state, run_at, created_at)
    select id, workspace_id, kind, key, payload, 'ready', run_at, created_at from ${set} where true order by added.id
    on conflict do nothing
  `.execute(db);
}

/** Moves or drops the open job with that key: `runAt` null drops it. A running one is left to notice by itself. */
export async function rescheduleJob(db: Db, kind: string, key: string, runAt: number | null): Promise<void> {
  if (runAt === null) {
    await db
      .deleteFrom("ck_jobs")
      .where("kind", "=", kind)
      .where("key", "=", key)
      .where("state", "=", "ready")
      .execute();
    return;
  }
  await db
    .updateTable("ck_jobs")
    .set({ run_at: runAt })
    .where("kind", "=", kind)
    .where("key", "=", key)
    .where("state", "=", "ready")
    .execute();
}

/** Takes up to `limit` due jobs for this owner. Each is given to exactly one caller, however many race. */
export async function claimJobs(
  db: Db,
  claim: {
    readonly owner: string;
    readonly now: number;
    readonly leaseUntil: number;
    readonly limit: number;
  },
): Promise<readonly ClaimedJob[]> {
  const { rows } = await sql<{
    id: string;
    workspace_id: string;
    kind: string;
    payload: unknown;
    attempts: number;
    fence: number;
  }>`
    update ck_jobs set state = 'running', owner = ${claim.owner}, lease_until = ${claim.leaseUntil},
      attempts = attempts + 1, fence = fence + 1
    where id in (
      select id from ck_jobs where state = 'ready' and run_at <= ${claim.now}
      order by run_at, id limit ${sql.lit(claim.limit)} ${skipLocked(db)}
    ) and state = 'ready'
    returning id, workspace_id, kind, payload, attempts, fence
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    kind: row.kind,
    payload: fromJson<object>(row.payload),
    attempts: row.attempts,
    fence: row.fence,
  }));
}

/** Changes a job that the caller's claim still holds; false when it no longer does. */
async function guarded(
  db: Db,
  claim: { readonly id: string; readonly fence: number },
  change: {
    state: "ready" | "running" | "dead";
    run_at?: number;
    lease_until: number | null;
    payload?: string;
    attempts?: number;
    last_error?: string | null;
  },
): Promise<boolean> {
  const result = await db
    .updateTable("ck_jobs")
    .set({ ...change, ...(change.state === "running" ? {} : { owner: null }) })
    .where("id", "=", claim.id)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Extends the lease and, if given, keeps the progress. */
export function renewJob(
  db: Db,
  claim: { id: string; fence: number },
  leaseUntil: number,
  payload?: object,
): Promise<boolean> {
  return guarded(db, claim, {
    state: "running",
    lease_until: leaseUntil,
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });
}

/** Puts it back for later, attempts counted anew. */
export function restJob(
  db: Db,
  claim: { id: string; fence: number },
  until: number,
  payload?: object,
): Promise<boolean> {
  return guarded(db, claim, {
    state: "ready",
    run_at: until,
    lease_until: null,
    attempts: 0,
    last_error: null,
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });
}

/** Puts it back after a failure. */
export function retryJob(
  db: Db,
  claim: { id: string; fence: number },
  runAt: number,
  error: string,
): Promise<boolean> {
  return guarded(db, claim, { state: "ready", run_at: runAt, lease_until: null, last_error: error });
}

/** Gives it up; it stays listed until it is replayed or dropped. */
export function buryJob(db: Db, claim: { id: string; fence: number }, error: string): Promise<boolean> {
  return guarded(db, claim, { state: "dead", lease_until: null, last_error: error });
}

/** Removes a finished job; false when another run holds it now. */
export async function finishJob(db: Db, claim: { id: string; fence: number }): Promise<boolean> {
  const result = await db
    .deleteFrom("ck_jobs")
    .where("id", "=", claim.id)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Gives jobs whose lease has run out back to everyone. Their fence stays: the next claim bumps it. */
export async function reapJobs(db: Db, now: number): Promise<number> {
  const result = await db
    .updateTable("ck_jobs")
    .set({
      state: "ready",
      owner: null,
      lease_until: null,
      last_error: "The worker that held the job did not finish within its lease.",
    })
    .where("state", "=", "running")
    .where("lease_until", "<", now)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** When the next job is due or the next lease runs out; `null` when there is none. */
export async function nextJobAt(db: Db): Promise<number | null> {
  const { rows } = await sql<{ at: StoredInteger | null }>`
    select min(at) as at from (
      select min(run_at) as at from ck_jobs where state = 'ready'
      union all select min(lease_until) as at from ck_jobs where state = 'running'
    ) as due
  `.execute(db);
  return toIntegerOrNull(rows[0]?.at ?? null);
}

/** A job that was given up. */
export interface DeadJob {
  readonly id: string;
  readonly kind: string;
  readonly payload: object;
  readonly attempts: number;
  readonly error: string;
  readonly createdAt: Date;
}

/** The dead jobs of a workspace, oldest first. */
export async function selectDeadJobs(
  db: Db,
  workspaceId: string,
  after: string | null,
  limit: number,
): Promise<readonly DeadJob[]> {
  let query = db
    .selectFrom("ck_jobs")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("state", "=", "dead");
  if (after !== null) query = query.where("id", ">", after);
  const rows = await query.orderBy("id").limit(limit).execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    payload: fromJson<object>(row.payload),
    attempts: row.attempts,
    error: row.last_error ?? "",
    createdAt: new Date(toInteger(row.created_at)),
  }));
}

/** Makes a dead job ready again; its kind, or null when there is no such dead job. */
export async function reviveJob(
  db: Db,
  workspaceId: string,
  id: string,
  now: number,
): Promise<string | null> {
  const row = await db
    .updateTable("ck_jobs")
    .set({ state: "ready", run_at: now, attempts: 0 })
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .where("state", "=", "dead")
    .returning("kind")
    .executeTakeFirst();
  return row?.kind ?? null;
}
