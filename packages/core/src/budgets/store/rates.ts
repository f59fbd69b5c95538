/** The SQL of exchange rates. */
import { toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";

/** A rate of exchange: what one unit of `from` is worth in `to`, from its date on until the next. */
export interface ExchangeRate {
  readonly from: string;
  readonly to: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** An exact decimal number. */
  readonly rate: string;
  readonly setAt: Date;
  /** Who set it: a user id of the host, or `system`. */
  readonly setBy: string;
}

interface RateRow {
  readonly from_currency: string;
  readonly to_currency: string;
  readonly date: string;
  readonly rate: string;
  readonly set_at: number | string | bigint;
  readonly set_by: string;
}

function toRate(row: RateRow): ExchangeRate {
  return {
    from: row.from_currency,
    to: row.to_currency,
    date: row.date,
    rate: row.rate,
    setAt: toDate(row.set_at),
    setBy: row.set_by,
  };
}

/** Keeps a rate, in place of one for the same pair and date. */
export async function upsertRate(db: Db, workspaceId: string, rate: ExchangeRate): Promise<void> {
  const values = { rate: rate.rate, set_at: rate.setAt.getTime(), set_by: rate.setBy };
  await db
    .insertInto("ck_exchange_rates")
    .values({
      workspace_id: workspaceId,
      from_currency: rate.from,
      to_currency: rate.to,
      date: rate.date,
      ...values,
    })
    .onConflict((conflict) =>
      conflict.columns(["workspace_id", "from_currency", "to_currency", "date"]).doUpdateSet(values),
    )
    .execute();
}

/** The rate of exactly that date. */
export async function selectRateOn(
  db: Db,
  workspaceId: string,
  pair: { readonly from: string; readonly to: string },
  date: string,
): Promise<ExchangeRate | null> {
  const row = await db
    .selectFrom("ck_exchange_rates")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("from_currency", "=", pair.from)
    .where("to_currency", "=", pair.to)
    .where("date", "=", date)
    .executeTakeFirst();
  return row === undefined ? null : toRate(row);
}

/** The rate in force on a day: the latest that is dated on it or before. */
export async function selectRateInForce(
  db: Db,
  workspaceId: string,
  pair: { readonly from: string; readonly to: string },
  day: string,
): Promise<ExchangeRate | null> {
  const row = await db
    .selectFrom("ck_exchange_rates")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("from_currency", "=", pair.from)
    .where("to_currency", "=", pair.to)
    .where("date", "<=", day)
    .orderBy("date", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toRate(row);
}

/** The place of a rate in the list: newest date first, then the pair. */
export type RateKey = readonly [date: string, from: string, to: string];

/** Rates after a place in the list. */
export async function selectRates(
  db: Db,
  workspaceId: string,
  filter: { readonly from?: string; readonly to?: string },
  page: { readonly after: RateKey | null; readonly limit: number },
): Promise<readonly ExchangeRate[]> {
  let query = db.selectFrom("ck_exchange_rates").selectAll().where("workspace_id", "=", workspaceId);
  if (filter.from !== undefined) query = query.where("from_currency", "=", filter.from);
  if (filter.to !== undefined) query = query.where("to_currency", "=", filter.to);
  if (page.after !== null) {
    const [date, from, to] = page.after;
    query = query.where(({ eb, or, and }) =>
      or([
        eb("date", "<", date),
        and([eb("date", "=", date), eb("from_currency", ">", from)]),
        and([eb("date", "=", date), eb("from_currency", "=", from), eb("to_currency", ">", to)]),
      ]),
    );
  }
  const rows = await query
    .orderBy("date", "desc")
    .orderBy("from_currency")
    .orderBy("to_currency")
    .limit(page.limit)
    .execute();
  return rows.map(toRate);
}
