/** Local days in IANA time zones. Pure: the instant and the zone go in. */
import { TZDate } from "@date-fns/tz";
import { addDays, startOfDay } from "date-fns";

const known = new Map<string, boolean>();

/** Whether the name is a zone that this machine's time zone data know. */
export function isTimeZone(name: string): boolean {
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  let valid = true;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
  } catch {
    valid = false;
  }
  if (known.size < 1_000) known.set(name, valid);
  return valid;
}

/** The local calendar day at an instant, as `YYYY-MM-DD`. */
export function localDay(at: number, timeZone: string): string {
  const local = new TZDate(at, timeZone);
  const pad = (value: number, length: number): string => String(value).padStart(length, "0");
  return `${pad(local.getFullYear(), 4)}-${pad(local.getMonth() + 1, 2)}-${pad(local.getDate(), 2)}`;
}

/** The first instant of the local day that `at` falls on; where midnight does not exist, the first instant that does. */
export function startOfLocalDay(at: number, timeZone: string): number {
  return startOfDay(new TZDate(at, timeZone)).getTime();
}

/** The first instant of the local day after. Days have 23, 24 or 25 hours (and rarely others). */
export function startOfNextLocalDay(at: number, timeZone: string): number {
  return startOfDay(addDays(startOfDay(new TZDate(at, timeZone)), 1)).getTime();
}
