/** How events become sums: pure, so that ingest and recount can be held against each other. */
import { QUARTER_MS } from "../math/time-zone.ts";
import { type NewEvent, NO_ID } from "./event.ts";
import { NO_SEGMENTS, segmentSetOf } from "./segment-sets.ts";

const DAY_MS = 86_400_000;

/** Between the parts of a key: no text that can be stored holds it. */
const SEPARATOR = "\u0000";

/** The roll-ups of all time, of one quarter of an hour, and of one day of UTC. */
export const SPAN = { total: 0, quarter: 1, day: 2 } as const;

/** One roll-up row, or what is to be added to it. */
export interface Cell {
  readonly span: number;
  readonly campaign_id: string;
  readonly bucket: number;
  readonly type: string;
  readonly channel: string;
  readonly post_id: string;
  readonly variant: string;
  readonly segment_set: string;
  readonly currency: string;
  readonly machine: boolean;
  count: number;
  value_micros: number;
}

/** One contact's first such event, as far as the given events tell. */
export interface FirstTouch {
  readonly campaign_id: string;
  readonly type: string;
  readonly machine: boolean;
  readonly contact_id: string;
  readonly post_id: string;
  readonly channel: string;
  readonly segment_set: string;
  first_at: number;
}

/** The start of the quarter of an hour that the instant falls into. */
export function quarterOf(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

/** The start of the day of UTC that the instant falls into. */
function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/** The set of segments that an event counts for: what it says itself comes first. */
export function segmentSetOfEvent({ segment, segmentSet }: NewEvent): string {
  return segment == null ? (segmentSet ?? NO_SEGMENTS) : segmentSetOf([segment]);
}

function keyOf(cell: Cell): string {
  return [
    cell.span,
    cell.campaign_id,
    cell.bucket,
    cell.type,
    cell.channel,
    cell.post_id,
    cell.variant,
    cell.segment_set,
    cell.currency,
    cell.machine,
  ].join(SEPARATOR);
}

/** Adds cells of the same key together. What comes to nothing is left out, unless it was alone: an event that counts for nothing has its row. */
export function sumCells(cells: readonly Cell[]): Cell[] {
  const sums = new Map<string, { readonly cell: Cell; parts: number }>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const known = sums.get(key);
    if (known === undefined) {
      sums.set(key, { cell: { ...cell }, parts: 1 });
      continue;
    }
    known.cell.count += cell.count;
    known.cell.value_micros += cell.value_micros;
    known.parts += 1;
  }
  return [...sums.values()]
    .filter(({ cell, parts }) => parts === 1 || cell.count !== 0 || cell.value_micros !== 0)
    .map(({ cell }) => cell);
}

/** What the events add to the roll-ups: one cell per key. */
export function cellsOf(events: readonly NewEvent[]): Cell[] {
  const cells = new Map<string, Cell>();
  const add = (event: NewEvent, span: number, bucket: number): void => {
    const cell: Cell = {
      span,
      campaign_id: event.campaignId ?? NO_ID,
      bucket,
      type: event.type,
      channel: event.channel ?? "",
      post_id: event.postId ?? NO_ID,
      variant: event.variant ?? "",
      segment_set: segmentSetOfEvent(event),
      currency: event.value?.currency ?? "",
      machine: event.machine != null,
      count: event.count ?? 1,
      value_micros: event.value?.amountMicros ?? 0,
    };
    const key = keyOf(cell);
    const known = cells.get(key);
    if (known === undefined) {
      cells.set(key, cell);
      return;
    }
    known.count += cell.count;
    known.value_micros += cell.value_micros;
  };
  for (const event of events) {
    add(event, SPAN.total, 0);
    add(event, SPAN.quarter, quarterOf(event.at));
    add(event, SPAN.day, dayOf(event.at));
  }
  return [...cells.values()];
}

/** Whether people are counted for it: it happened, to a contact, in a campaign or post that they are counted in. */
function countsPeople(event: NewEvent): boolean {
  return (
    event.contactId != null && (event.campaignId != null || event.postId != null) && (event.count ?? 1) > 0
  );
}

/** The earliest of the events for each contact, type, post, channel and set of segments. */
export function firstTouchesOf(events: readonly NewEvent[]): FirstTouch[] {
  const touches = new Map<string, FirstTouch>();
  for (const event of events) {
    if (!countsPeople(event)) continue;
    const touch: FirstTouch = {
      campaign_id: event.campaignId ?? NO_ID,
      type: event.type,
      machine: event.machine != null,
      contact_id: event.contactId ?? NO_ID,
      post_id: event.postId ?? NO_ID,
      channel: event.channel ?? "",
      segment_set: segmentSetOfEvent(event),
      first_at: event.at,
    };
    const key = [
      touch.campaign_id,
      touch.type,
      touch.machine,
      touch.contact_id,
      touch.post_id,
      touch.channel,
      touch.segment_set,
    ].join(SEPARATOR);
    const known = touches.get(key);
    if (known === undefined) touches.set(key, touch);
    else if (touch.first_at < known.first_at) known.first_at = touch.first_at;
  }
  return [...touches.values()];
}
