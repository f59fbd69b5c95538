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
  readonly key: string | null;
  readonly payload: object;
  readonly attempts: number;
  readonly fence: number;
}

/** An order that came while the job with its key was under way. */
export interface AgainOrder {
  readonly runAt: number;
  readonly payload: object;
}

/** The first order of each kind and key; a statement can't meet one row twice. */
function withoutRepeats(jobs: readonly NewJob[]): readonly NewJob[] {
  const seen = new Set<string>();
  return jobs.filter(({ workspaceId, kind, key }) => {
    const name = JSON.stringify([workspaceId, kind, key]);
    if (key === null || !seen.has(name)) return Boolean(seen.add(name));
    return false;
  });
}

/**
 * Adds jobs. Where one of that kind and key has not begun, the order is in it already: its row is locked until this transaction ends, so that
 * it can't begin without seeing what this transaction changed. Where it has begun, the order is kept, and the job runs again once it is done.
 */
export async function insertJobs(db: Db, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return;
  const rows = withoutRepeats(jobs).map((job) => ({
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
    select id, workspace_id, kind, key, payload, 'ready', run_at, created_at from ${set}
    where true order by added.workspace_id, added.kind, added.key, added.id
    on conflict (workspace_id, kind, key) where key is not null and state <> 'dead' do update set
      again_at = case when ck_jobs.fence > 0 then coalesce(ck_jobs.again_at, excluded.run_at) end,
      again_payload = case when ck_jobs.fence > 0 then coalesce(ck_jobs.again_payload, excluded.payload) end
  `.execute(db);
}

/** Moves or drops the open job with that key: `runAt` null drops it. A running one is left to notice by itself. */
export async function rescheduleJob(
  db: Db,
  job: { readonly workspaceId: string; readonly kind: string; readonly key: string },
  runAt: number | null,
): Promise<void> {
  if (runAt === null) {
    await db
      .deleteFrom("ck_jobs")
      .where("workspace_id", "=", job.workspaceId)
      .where("kind", "=", job.kind)
      .where("key", "=", job.key)
      .where("state", "=", "ready")
      .execute();
    return;
  }
  await db
    .updateTable("ck_jobs")
    .set({ run_at: runAt })
    .where("workspace_id", "=", job.workspaceId)
    .where("kind", "=", job.kind)
    .where("key", "=", job.key)
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
    key: string | null;
    payload: unknown;
    attempts: number;
    fence: number;
  }>`
    with due as materialized (
      select id from ck_jobs where state = 'ready' and run_at <= ${claim.now}
      order by run_at, id limit ${sql.lit(claim.limit)} ${skipLocked(db)}
    )
    update ck_jobs set state = 'running', owner = ${claim.owner}, lease_until = ${claim.leaseUntil},
      attempts = attempts + 1, fence = fence + 1
    from due where ck_jobs.id = due.id and ck_jobs.state = 'ready'
    returning ck_jobs.id, workspace_id, kind, key, payload, attempts, fence
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    kind: row.kind,
    key: row.key,
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
    state: "ready" | "running";
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

/** Extends the lease and, if given, keeps the progress: a run that gets on is in its first attempt. */
export function renewJob(
  db: Db,
  claim: { id: string; fence: number },
  leaseUntil: number,
  progress?: object,
): Promise<boolean> {
  return guarded(db, claim, {
    state: "running",
    lease_until: leaseUntil,
    ...(progress === undefined ? {} : { payload: JSON.stringify(progress), attempts: 1 }),
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

/** Puts it back after a failure, or (`error` null) without one, with the attempts that it has had. */
export function retryJob(
  db: Db,
  claim: { id: string; fence: number },
  retry: { readonly runAt: number; readonly attempts: number; readonly error: string | null },
): Promise<boolean> {
  const { runAt, attempts, error } = retry;
  return guarded(db, claim, {
    state: "ready",
    run_at: runAt,
    lease_until: null,
    attempts,
    ...(error === null ? {} : { last_error: error }),
  });
}

/** How a claimed job ended: by this run, with the order that came meanwhile; or `null` when another run holds it now. */
export type Ending = { readonly again: AgainOrder | null } | null;

function endingOf(row: { again_at: StoredInteger | null; again_payload: unknown } | undefined): Ending {
  if (row === undefined) return null;
  if (row.again_at === null) return { again: null };
  return { again: { runAt: toInteger(row.again_at), payload: fromJson<object>(row.again_payload) } };
}

/** Gives it up; it stays listed until it is replayed. */
export async function buryJob(db: Db, claim: { id: string; fence: number }, error: string): Promise<Ending> {
  const row = await db
    .updateTable("ck_jobs")
    .set({ state: "dead", owner: null, lease_until: null, last_error: error })
    .where("id", "=", claim.id)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .returning(["again_at", "again_payload"])
    .executeTakeFirst();
  return endingOf(row);
}

/** Removes a finished job. */
export async function finishJob(db: Db, claim: { id: string; fence: number }): Promise<Ending> {
  const row = await db
    .deleteFrom("ck_jobs")
    .where("id", "=", claim.id)
    .where("fence", "=", claim.fence)
    .where("state", "=", "running")
    .returning(["again_at", "again_payload"])
    .executeTakeFirst();
  return endingOf(row);
}

/** Gives jobs whose lease has run out, or lies beyond the horizon, back to everyone. Their fence stays: the next claim bumps it. */
export async function reapJobs(db: Db, now: number, horizon: number): Promise<number> {
  const result = await db
    .updateTable("ck_jobs")
    .set({
      state: "ready",
      owner: null,
      lease_until: null,
      last_error: "The worker that held the job did not finish within its lease.",
    })
    .where("state", "=", "running")
    .where((eb) => eb.or([eb("lease_until", "<", now), eb("lease_until", ">", horizon)]))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** When the next job is due or the next lease runs out; `null` when there is none. A lease beyond the horizon is due at once. */
export async function nextJobAt(db: Db, horizon: number): Promise<number | null> {
  const { rows } = await sql<{ at: StoredInteger | null }>`
    select min(at) as at from (
      select min(run_at) as at from ck_jobs where state = 'ready'
      union all select min(lease_until) + 1 from ck_jobs where state = 'running'
      union all select min(0) from ck_jobs where state = 'running' and lease_until > ${horizon}
    ) as due
  `.execute(db);
  return toIntegerOrNull(rows[0]?.at ?? null);
}
