/** Which shares of a scope are spent. Pure, and exact: percents of micros don't fit a float. */
import type { Counter } from "./scope.ts";

/**
 * The percents that the committed amount has reached, of what the scope may spend without its contingency.
 *
 * Only what is committed counts: an alert can't be taken back, a reservation can. Nothing spent has reached nothing, also of a limit of 0.
 */
export function reachedPercents(counter: Counter, percents: readonly number[]): readonly number[] {
  const { limitMicros, heldMicros, committedMicros } = counter;
  if (limitMicros === null || committedMicros <= 0) return [];
  const spendable = BigInt(limitMicros - heldMicros);
  const spent = BigInt(committedMicros) * 100n;
  return percents.filter((percent) => spent >= spendable * BigInt(percent));
}

/** The percents that the last commit reached and the amount before it had not. */
export function crossedPercents(
  counter: Counter,
  committedDelta: number,
  percents: readonly number[],
): readonly number[] {
  const before = { ...counter, committedMicros: counter.committedMicros - committedDelta };
  const already = new Set(reachedPercents(before, percents));
  return reachedPercents(counter, percents).filter((percent) => !already.has(percent));
}
