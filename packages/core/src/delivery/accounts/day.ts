/** Today, as a channel's daily limit has it. */
import { localDay, startOfNextLocalDay } from "../../math/time-zone.ts";
import type { DailyLimit } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";
import { limitOn } from "./daily.ts";
import { type AccountDay, selectFirstDay } from "./days-store.ts";

/** A day of an account, and what may be sent on it. */
export interface LimitedDay extends AccountDay {
  /** Infinite where the plan names none. */
  readonly limit: number;
  /** When the next one begins. */
  readonly nextAt: number;
}

/** The account's day at that instant. */
export async function dayAt(db: Db, channel: string, perDay: DailyLimit, now: number): Promise<LimitedDay> {
  const day = localDay(now, perDay.timeZone);
  return {
    channel,
    day,
    limit: limitOn(perDay, day, await firstDayOf(db, channel, perDay, day)),
    nextAt: startOfNextLocalDay(now, perDay.timeZone),
  };
}

/** The day on which the account's plan begins; today, where it has not begun. */
export async function firstDayOf(
  db: Db,
  channel: string,
  { warmUp }: DailyLimit,
  today: string,
): Promise<string> {
  if (warmUp === undefined) return today;
  return warmUp.startsOn ?? (await selectFirstDay(db, channel)) ?? today;
}
