/** The SQL of jobs that were given up: listed, revived, or taken out. */
import { sql } from "kysely";
import { fromJson, type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";

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

/** Makes a dead job ready again, as if just ordered; its kind, or null when there is no such dead job. */
export async function reviveJob(
  db: Db,
  workspaceId: string,
  id: string,
  now: number,
): Promise<string | null> {
  const row = await db
    .updateTable("ck_jobs")
    .set({ state: "ready", run_at: now, attempts: 0, again_at: null, again_payload: null })
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .where("state", "=", "dead")
    .returning("kind")
    .executeTakeFirst();
  return row?.kind ?? null;
}

/** The keys of jobs of the workspace that were given up, and since when; those whose work an open job does by now are left out. */
export async function selectDeadSince(
  db: Db,
  jobs: { readonly workspaceId: string; readonly kind: string; readonly keys: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  const { workspaceId, kind, keys } = jobs;
  if (keys.length === 0) return new Map();
  const { rows } = await sql<{ key: string; since: StoredInteger }>`
    select dead.key, max(dead.run_at) as since from ck_jobs as dead
    where dead.workspace_id = ${workspaceId} and dead.kind = ${kind} and dead.state = 'dead' and ${isAmong(db, "dead.key", "text", keys)}
      and not exists (select 1 from ck_jobs as live where live.workspace_id = dead.workspace_id and live.kind = dead.kind
        and live.key = dead.key and live.state <> 'dead')
    group by dead.key
  `.execute(db);
  return new Map(rows.map(({ key, since }) => [key, toInteger(since)]));
}

/** Takes the jobs with that key out that were given up; what the last of them had left to do, or `null` when there was none. */
export async function takeDeadJob(
  db: Db,
  job: { readonly workspaceId: string; readonly kind: string; readonly key: string },
): Promise<object | null> {
  const rows = await db
    .deleteFrom("ck_jobs")
    .where("workspace_id", "=", job.workspaceId)
    .where("kind", "=", job.kind)
    .where("key", "=", job.key)
    .where("state", "=", "dead")
    .returning(["id", "payload"])
    .execute();
  const last = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
  return last === undefined ? null : fromJson<object>(last.payload);
}
