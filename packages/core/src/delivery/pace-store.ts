/** The SQL of a post's pace: how many of its deliveries were tried in each minute. One row a minute, gone when the post has ended. */
import { sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { bigintOf, idsAs, uuidOf } from "../storage/sets.ts";

const MINUTE_MS = 60_000;

/** How many were tried in a minute. */
export interface PaceMinute {
  /** When it began, in epoch milliseconds. */
  readonly at: number;
  readonly n: number;
}

/** Counts deliveries that were tried. */
export async function addPace(unit: Unit, postId: string, count: number): Promise<void> {
  if (count === 0) return;
  await sql`
    insert into ck_delivery_pace (post_id, minute, n)
    values (${uuidOf(unit.db, postId)}, ${bigintOf(Math.floor(unit.now / MINUTE_MS))}, ${bigintOf(count)})
    on conflict (post_id, minute) do update set n = ck_delivery_pace.n + excluded.n
  `.execute(unit.db);
}

/** Forgets the pace of a post that has ended. */
export async function deletePace(unit: Unit, postId: string): Promise<void> {
  await unit.db.deleteFrom("ck_delivery_pace").where("post_id", "=", postId).execute();
}

/** The last minutes of posts in which anything was tried, newest first. */
export async function selectPace(
  db: Db,
  postIds: readonly string[],
  since: number,
): Promise<ReadonlyMap<string, readonly PaceMinute[]>> {
  const { rows } = await sql<{ post_id: string; minute: StoredInteger; n: StoredInteger }>`
    select post_id, minute, n from ck_delivery_pace
    where post_id in ${idsAs(db, postIds)} and minute >= ${bigintOf(Math.floor(since / MINUTE_MS))} order by minute desc
  `.execute(db);
  const minutes = rows.map((row) => ({
    postId: row.post_id,
    at: toInteger(row.minute) * MINUTE_MS,
    n: toInteger(row.n),
  }));
  return Map.groupBy(minutes, ({ postId }) => postId);
}
