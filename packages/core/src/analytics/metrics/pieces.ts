/**
 * How a span of time is put together from roll-ups: whole days of UTC, and quarters of an hour between its ends and the nearest midnights.
 *
 * Pure. Where an end lies after its midnight the quarters between are added or left out, where it lies before, the other way round, so that
 * a local day reads as many quarters as its zone is off UTC, and a month hardly more.
 */
import { SPAN } from "../cells.ts";

/** A range of roll-ups of one width, to be added to a bucket (`sign` 1) or taken from it (-1). */
export interface Piece {
  /** The bucket's number. */
  readonly number: number;
  readonly span: number;
  readonly sign: 1 | -1;
  readonly from_at: number;
  readonly until_at: number;
}

const DAY_MS = 86_400_000;
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** The pieces of one bucket, whose ends are whole quarters of an hour. `until` may be infinite. */
export function piecesOf(number: number, from: number, until: number): readonly Piece[] {
  if (from >= until) return [];
  const end = Math.min(until, END_OF_TIME);
  const first = nearestMidnight(from);
  const last = end === END_OF_TIME ? end : nearestMidnight(end);
  const quarters = (sign: 1 | -1, from_at: number, until_at: number): Piece => ({
    number,
    span: SPAN.quarter,
    sign,
    from_at,
    until_at,
  });
  if (first >= last) return [quarters(1, from, end)];
  const pieces: Piece[] = [{ number, span: SPAN.day, sign: 1, from_at: first, until_at: last }];
  if (from < first) pieces.push(quarters(1, from, first));
  if (from > first) pieces.push(quarters(-1, first, from));
  if (end > last) pieces.push(quarters(1, last, end));
  if (end < last) pieces.push(quarters(-1, end, last));
  return pieces;
}

function nearestMidnight(at: number): number {
  return Math.round(at / DAY_MS) * DAY_MS;
}
