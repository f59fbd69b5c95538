/** How many messages an account may send on a day: its cap, and the plan by which a new one is warmed up. Pure. */
import type { DailyLimit } from "../../ports/channel.ts";

const DAY_MS = 86_400_000;

/** The limit of a day (`YYYY-MM-DD`) of an account whose first day was that one; infinite where there is none. */
export function limitOn(
  { max = Number.POSITIVE_INFINITY, warmUp }: DailyLimit,
  day: string,
  firstDay: string,
): number {
  if (warmUp === undefined) return max;
  const { days, growth } = warmUp;
  const number = Math.max(0, Math.round((Date.parse(day) - Date.parse(firstDay)) / DAY_MS));
  const planned = days[number];
  if (planned !== undefined) return Math.min(max, planned);
  if (growth === undefined) return max;
  const last = days.at(-1) ?? 0;
  // Beyond what can be counted exactly there is no limit to speak of.
  const grown = Math.floor(last * growth ** (number - days.length + 1));
  return Number.isSafeInteger(grown) ? Math.min(max, grown) : max;
}
