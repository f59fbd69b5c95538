/** The SQL of the ready table: narrow rows of what is to be sent, and when. A claim deletes them, so each goes to exactly one worker. */
import { sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { type StoredInteger, toInteger, toIntegerOrNull } from "../storage/columns.ts";
import { type Db, familyOf } from "../storage/db.ts";
import { rowsAs, uuidOf } from "../storage/sets.ts";
import { wakeDispatch } from "./dispatches-store.ts";

/** However many wait for their hour, no more of them are counted to estimate the end. */
const LATER_ROWS = 20_000;

/** Takes up to `limit` rows of the post that are due by then. */
export async function takeReady(
  db: Db,
  postId: string,
  dueBy: number,
  limit: number,
): Promise<readonly string[]> {
  const due = sql`from ck_delivery_ready where post_id = ${postId} and due_at <= ${dueBy}
    order by due_at, delivery_id limit ${sql.lit(limit)}`;
  const taking =
    familyOf(db) === "postgres"
      ? sql<{ delivery_id: string }>`delete from ck_delivery_ready
          where ctid = any(array(select ctid ${due} for update skip locked)) returning delivery_id`
      : sql<{ delivery_id: string }>`delete from ck_delivery_ready
          where (post_id, due_at, delivery_id) in (select post_id, due_at, delivery_id ${due}) returning delivery_id`;
  return (await taking.execute(db)).rows.map((row) => row.delivery_id);
}

/** Puts deliveries there, or back, and lets their post be looked at when the first is due. */
export async function insertReady(
  unit: Unit,
  postId: string,
  rows: readonly { readonly id: string; readonly dueAt: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  const set = rowsAs(
    unit.db,
    "due",
    { delivery_id: "uuid", due_at: "bigint" },
    rows.map(({ id, dueAt }) => ({ delivery_id: id, due_at: dueAt })),
  );
  await sql`insert into ck_delivery_ready (post_id, due_at, delivery_id)
    select ${uuidOf(unit.db, postId)}, due.due_at, due.delivery_id from ${set}`.execute(unit.db);
  await wakeDispatch(unit, postId, Math.min(...rows.map(({ dueAt }) => dueAt)));
}

/** The post's first row; `null` when it has none. */
export async function selectFirstReady(
  db: Db,
  postId: string,
): Promise<{ readonly id: string; readonly dueAt: number } | null> {
  const { rows } = await sql<{ delivery_id: string; due_at: StoredInteger }>`
    select delivery_id, due_at from ck_delivery_ready where post_id = ${postId} order by due_at, delivery_id limit 1
  `.execute(db);
  const row = rows[0];
  return row === undefined ? null : { id: row.delivery_id, dueAt: toInteger(row.due_at) };
}

/** How many of the post's rows are due at which later time: of the last so many, which is what an end is estimated from. */
export async function selectLater(
  db: Db,
  postId: string,
  now: number,
): Promise<readonly { readonly at: number; readonly n: number }[]> {
  const { rows } = await sql<{ due_at: StoredInteger; n: StoredInteger }>`
    select later.due_at, count(*) as n from (
      select due_at from ck_delivery_ready where post_id = ${postId} and due_at > ${now} order by due_at desc limit ${sql.lit(LATER_ROWS)}
    ) as later group by later.due_at order by later.due_at
  `.execute(db);
  return rows.map(({ due_at, n }) => ({ at: toInteger(due_at), n: toInteger(n) }));
}

/** When the post's first row is due; `null` when it has none. */
export async function firstDueAt(db: Db, postId: string): Promise<number | null> {
  const { rows } = await sql<{ at: StoredInteger | null }>`
    select min(due_at) as at from ck_delivery_ready where post_id = ${postId}
  `.execute(db);
  return toIntegerOrNull(rows[0]?.at ?? null);
}
