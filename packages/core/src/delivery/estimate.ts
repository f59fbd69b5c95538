/**
 * When a post will have ended, as far as can be said: at its recent pace, after the waits that are known. Pure.
 *
 * What can't be known is not guessed: who may withdraw, what will fail, what others will send.
 */
import { localDay, startOfNextLocalDay } from "../math/time-zone.ts";
import { type QuietHours, quietFrom, quietUntil } from "../policies/index.ts";
import type { PaceMinute } from "./pace-store.ts";

const MINUTE_MS = 60_000;
/** The pace is that of the last minutes in a row, up to so many. */
const RECENT_MS = 10 * MINUTE_MS;
/** A longer break is a wait, not a slow pace. */
const BREAK_MS = 3 * MINUTE_MS;
/** Further ahead than this many steps nobody plans. */
const MAX_STEPS = 5_000;

/** How many a minute were tried of late; `null` when none were. */
export function paceOf(minutes: readonly PaceMinute[], startedAt: number, now: number): number | null {
  const [newest] = minutes;
  if (newest === undefined) return null;
  let from = newest.at;
  let total = 0;
  for (const { at, n } of minutes) {
    if (from - at > BREAK_MS || newest.at - at >= RECENT_MS) break;
    from = at;
    total += n;
  }
  const begin = Math.max(from, Math.min(startedAt, newest.at + MINUTE_MS));
  const end = Math.min(now, newest.at + MINUTE_MS);
  // What went out within a moment says little about a minute: it is taken for a second's work at least.
  return total / (Math.max(1_000, end - begin) / MINUTE_MS);
}

/** What an end is estimated from. */
export interface Outlook {
  readonly now: number;
  /** Deliveries without an outcome. */
  readonly pending: number;
  /** How many a minute. */
  readonly pace: number;
  /** How many of the pending are not due before these times, in their order. */
  readonly later: readonly { readonly at: number; readonly n: number }[];
  readonly quietHours: readonly QuietHours[];
  /** The campaign's zone. */
  readonly timeZone: string;
  /** The channel's daily limit, as far as it is this post's share; `null`: none. */
  readonly daily: {
    readonly timeZone: string;
    /** What of today's share is left. */
    readonly left: number;
    /** The share of another day (`YYYY-MM-DD`). */
    shareOf(day: string): number;
  } | null;
}

/** The estimated end in epoch milliseconds; `null` when it is too far away to be worth a word. */
export function estimateEnd(outlook: Outlook): number | null {
  const { daily, later, now, pace, pending, quietHours, timeZone } = outlook;
  const perMs = pace / MINUTE_MS;
  const waiting = later.reduce((total, { n }) => total + n, 0);
  const today = daily === null ? "" : localDay(now, daily.timeZone);
  let at = now;
  let day = today;
  let left = daily?.left ?? Number.POSITIVE_INFINITY;
  let steps = 0;
  for (const group of [{ at: now, n: Math.max(0, pending - waiting) }, ...later]) {
    at = Math.max(at, group.at);
    // A time that is quiet where the campaign is was chosen for people elsewhere.
    const hours = quietUntil(group.at, timeZone, quietHours) === group.at ? quietHours : [];
    for (let rest = group.n; rest > 0; ) {
      if (++steps > MAX_STEPS) return null;
      const opens = quietUntil(at, timeZone, hours);
      if (opens === null) return null;
      at = opens;
      if (daily !== null) {
        const current = localDay(at, daily.timeZone);
        if (current !== day) left = daily.shareOf(current);
        day = current;
        if (left < 1) {
          at = startOfNextLocalDay(at, daily.timeZone);
          continue;
        }
      }
      const dayEnds = daily === null ? Number.POSITIVE_INFINITY : startOfNextLocalDay(at, daily.timeZone);
      const room = (Math.min(quietFrom(at, timeZone, hours), dayEnds) - at) * perMs;
      const batch = Math.min(rest, left, Math.max(room, 1));
      at += batch / perMs;
      rest -= batch;
      left -= batch;
      if (rest < 1e-6) rest = 0;
    }
  }
  return Math.ceil(at);
}
