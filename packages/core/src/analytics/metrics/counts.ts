/** Counts and values by group: from the roll-ups, and from the events themselves only at the torn edges of a span. */
import { type RawBuilder, sql } from "kysely";
import { QUARTER_MS } from "../../math/time-zone.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs, type SetFieldType, textsAs } from "../../storage/sets.ts";
import { quarterOf, SPAN } from "../cells.ts";
import { type Piece, piecesOf } from "./pieces.ts";
import { bySegment } from "./segments.ts";
import {
  columnsOf,
  conditionsOf,
  dimensionList,
  type GroupKey,
  type GroupRow,
  groupOf,
  type Selection,
} from "./selection.ts";

/** How often events of a type happened in a group, and what they were worth in one currency. */
export interface GroupCount {
  readonly group: GroupKey;
  readonly type: string;
  /** Empty where there is no value. */
  readonly currency: string;
  /** Taken for the acts of machines. */
  readonly machine: boolean;
  /** The start of a quarter of an hour, where asked for; else 0. */
  readonly quarter: number;
  readonly count: number;
  readonly valueMicros: number;
}

interface CountRow extends GroupRow {
  readonly type: string;
  readonly currency: string | null;
  readonly machine: boolean | number;
  readonly quarter: StoredInteger;
  readonly count: StoredInteger;
  readonly value_micros: StoredInteger;
}

const PIECE: Readonly<Record<keyof Piece, SetFieldType>> = {
  number: "integer",
  span: "integer",
  sign: "integer",
  from_at: "bigint",
  until_at: "bigint",
};

/** What to count. */
export interface CountRequest {
  readonly types: readonly string[];
  /** Also what machines did, whatever the selection says; each count tells which. */
  readonly machinesToo?: boolean;
  /** Only values in currencies other than this one, by quarters of an hour, to be converted at their days' rates. */
  readonly foreignTo?: string;
}

/** Counts the selection's events of these types. A group may come in several parts, to be added up. */
export async function countEvents(
  db: Db,
  selection: Selection,
  request: CountRequest,
): Promise<readonly GroupCount[]> {
  const counts = [...(await queryRollups(db, selection, request))];
  for (const edge of tornEdges(selection)) counts.push(...(await queryEvents(db, selection, request, edge)));
  return bySegment(db, selection, counts);
}

/** The roll-ups that make up the span, or each of its buckets; `null`: those of all time. */
function piecesOfSelection({ from, until, buckets }: Selection, byQuarter: boolean): readonly Piece[] | null {
  if (from === null && until === null && buckets === null && !byQuarter) return null;
  const first = from === null ? 0 : quarterOf(from + QUARTER_MS - 1);
  const last = until === null ? Number.POSITIVE_INFINITY : quarterOf(until);
  const spans = (buckets ?? [{ from: first, until: last }]).map((bucket) => ({
    from: Math.max(bucket.from, first),
    until: Math.min(bucket.until, last),
  }));
  return byQuarter
    ? spans.map((span, number) => ({
        number,
        span: SPAN.quarter,
        sign: 1,
        from_at: span.from,
        until_at: Math.min(span.until, Number.MAX_SAFE_INTEGER),
      }))
    : spans.flatMap((span, number) => piecesOf(number, span.from, span.until));
}

/** The parts of the span that are no whole quarter: at most two, each within one quarter and so within one bucket. */
function tornEdges({ from, until }: Selection): readonly { readonly from: number; readonly until: number }[] {
  const edges: { from: number; until: number }[] = [];
  if (from !== null && from !== quarterOf(from)) {
    edges.push({ from, until: Math.min(quarterOf(from) + QUARTER_MS, until ?? Number.POSITIVE_INFINITY) });
  }
  if (until !== null && until !== quarterOf(until) && (from === null || from <= quarterOf(until))) {
    edges.push({ from: quarterOf(until), until });
  }
  return edges;
}

async function queryRollups(
  db: Db,
  selection: Selection,
  { types, foreignTo, machinesToo = false }: CountRequest,
): Promise<readonly GroupCount[]> {
  const { dimensions } = selection;
  const pieces = piecesOfSelection(selection, foreignTo !== undefined);
  if (pieces?.length === 0) return [];
  const conditions = [
    conditionsOf(db, selection, "cell", {
      nil: true,
      variant: true,
      machinesToo,
      ...(pieces === null ? {} : { all: "each-campaign" }),
    }),
    sql`cell.type in ${textsAs(db, types)}`,
  ];
  if (foreignTo !== undefined) conditions.push(sql`cell.currency not in ('', ${foreignTo})`);
  if (pieces === null) conditions.push(sql`cell.span = ${sql.lit(SPAN.total)}`);
  else {
    conditions.push(
      sql`cell.span = piece.span and cell.bucket >= piece.from_at and cell.bucket < piece.until_at`,
    );
  }
  // SQLite takes a cross join in the given order: each piece is one range of the roll-ups' key.
  const source = pieces === null ? sql`` : sql`${rowsAs(db, "piece", PIECE, pieces)} cross join`;
  const sign = pieces === null ? sql`` : sql`* piece.sign`;
  const quarter = foreignTo === undefined ? null : sql`cell.bucket`;
  const { rows } = await sql<CountRow>`
    select ${dimensionList(dimensions, "cell")} ${pieces === null ? sql`0` : sql`piece.number`} as bucket, cell.type,
      cell.currency, cell.machine, ${quarter ?? sql`cast(0 as bigint)`} as quarter,
      cast(sum(cell.count ${sign}) as bigint) as count, cast(sum(cell.value_micros ${sign}) as bigint) as value_micros
    from ${source} ck_event_rollups as cell
    where ${sql.join(conditions, sql` and `)}
    group by ${groupList(selection, "cell", { byBucket: pieces !== null, quarter })}
    having sum(cell.count ${sign}) <> 0 or sum(cell.value_micros ${sign}) <> 0
  `.execute(db);
  return rows.map(toCount);
}

async function queryEvents(
  db: Db,
  selection: Selection,
  { types, foreignTo, machinesToo = false }: CountRequest,
  edge: { readonly from: number; readonly until: number },
): Promise<readonly GroupCount[]> {
  const number =
    selection.buckets?.findIndex(({ from, until }) => from <= edge.from && edge.from < until) ?? 0;
  const foreign =
    foreignTo === undefined ? sql`` : sql`and event.currency is not null and event.currency <> ${foreignTo}`;
  const quarter = foreignTo === undefined ? 0 : quarterOf(edge.from);
  const counts: GroupCount[] = [];
  for (const all of selection.campaignIds === null
    ? (["each-campaign", "no-campaign"] as const)
    : [undefined]) {
    const traits = { nil: false, variant: true, machinesToo, ...(all === undefined ? {} : { all }) };
    const { rows } = await sql<Omit<CountRow, "bucket" | "quarter">>`
      select ${dimensionList(selection.dimensions, "event")} event.type, event.currency,
        event.machine is not null as machine, cast(sum(event.count) as bigint) as count, cast(coalesce(sum(event.value_micros), 0) as bigint) as value_micros
      from ck_events as event
      where ${conditionsOf(db, selection, "event", traits)} and event.type in ${textsAs(db, types)}
        and event.at >= ${edge.from} and event.at < ${edge.until} ${foreign}
      group by ${groupList(selection, "event", { byBucket: false, quarter: null })}
    `.execute(db);
    counts.push(...rows.map((row) => toCount({ ...row, bucket: number, quarter })));
  }
  return counts;
}

function groupList(
  { dimensions }: Selection,
  alias: "cell" | "event",
  { byBucket, quarter }: { readonly byBucket: boolean; readonly quarter: RawBuilder<unknown> | null },
): RawBuilder<unknown> {
  const columns = [...columnsOf(dimensions), "type", "currency"].map(
    (name) => sql`${sql.ref(`${alias}.${name}`)}`,
  );
  columns.push(alias === "cell" ? sql`cell.machine` : sql`event.machine is not null`);
  if (byBucket) columns.push(sql`piece.number`);
  return sql.join(quarter === null ? columns : [...columns, quarter]);
}

function toCount(row: CountRow): GroupCount {
  return {
    group: groupOf(row),
    type: row.type,
    currency: row.currency ?? "",
    machine: Boolean(row.machine),
    quarter: toInteger(row.quarter),
    count: toInteger(row.count),
    valueMicros: toInteger(row.value_micros),
  };
}
