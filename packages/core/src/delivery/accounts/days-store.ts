/** The SQL of the messages that a channel's account sends in a day. The guard stands on the statement that counts. */
import { sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";

/** One day of one account. */
export interface AccountDay {
  readonly channel: string;
  /** `YYYY-MM-DD` in the limit's zone. */
  readonly day: string;
}

/**
 * Counts up to that many messages on the day, as far as the limit leaves room; returns how many. Locks the day until the transaction ends, so that
 * what racing workers take together never exceeds the limit.
 */
export async function takeOfDay(
  db: Db,
  { channel, day }: AccountDay,
  count: number,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ used: StoredInteger }>`
    insert into ck_channel_days (channel, day, used) values (${channel}, ${day}, 0)
    on conflict (channel, day) do update set used = ck_channel_days.used returning used
  `.execute(db);
  const room = Math.max(0, limit - toInteger(rows[0]?.used ?? 0));
  const wanted = Math.min(count, room);
  if (wanted === 0) return 0;
  let counting = db
    .updateTable("ck_channel_days")
    .set({ used: sql<number>`used + ${wanted}` })
    .where("channel", "=", channel)
    .where("day", "=", day);
  if (Number.isFinite(limit)) counting = counting.where("used", "<=", limit - wanted);
  const counted = await counting.executeTakeFirst();
  return counted.numUpdatedRows === 1n ? wanted : 0;
}

/** Gives back what certainly did not go out. */
export async function returnToDay(db: Db, { channel, day }: AccountDay, count: number): Promise<void> {
  if (count === 0) return;
  await db
    .updateTable("ck_channel_days")
    .set({ used: sql<number>`used - ${count}` })
    .where("channel", "=", channel)
    .where("day", "=", day)
    .execute();
}

/** What is used of a day. */
export async function selectUsed(db: Db, { channel, day }: AccountDay): Promise<number> {
  const row = await db
    .selectFrom("ck_channel_days")
    .select("used")
    .where("channel", "=", channel)
    .where("day", "=", day)
    .executeTakeFirst();
  return row === undefined ? 0 : toInteger(row.used);
}

/** The first day on which the account sent anything; `null` before that. */
export async function selectFirstDay(db: Db, channel: string): Promise<string | null> {
  const row = await db
    .selectFrom("ck_channel_days")
    .select((eb) => eb.fn.min("day").as("day"))
    .where("channel", "=", channel)
    .where("used", ">", 0)
    .executeTakeFirst();
  return row?.day ?? null;
}

/** Whether batches that count on the day are still in workers' hands, and may give something back. */
export async function hasClaimsOfDay(db: Db, { channel, day }: AccountDay): Promise<boolean> {
  const row = await db
    .selectFrom("ck_delivery_claims as c")
    .innerJoin("ck_dispatches as d", "d.post_id", "c.post_id")
    .select("c.id")
    .where("d.channel", "=", channel)
    .where("c.cap_day", "=", day)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
