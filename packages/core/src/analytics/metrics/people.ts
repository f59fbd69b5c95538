/** Counts of people by group: distinct contacts of first touches, or where those can't tell (variants) of the events themselves. */
import { type RawBuilder, sql } from "kysely";
import { bucketAt } from "../../math/time-buckets.ts";
import { QUARTER_MS } from "../../math/time-zone.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { textsAs } from "../../storage/sets.ts";
import { SPAN } from "../cells.ts";
import { PEOPLE, type PeopleName } from "./definitions.ts";
import { joinSegments } from "./segments.ts";
import {
  columnsOf,
  conditionsOf,
  dimensionList,
  type GroupKey,
  type GroupRow,
  groupOf,
  type Selection,
} from "./selection.ts";

/** How many people of a group did it. */
export interface GroupPeople {
  readonly group: GroupKey;
  readonly people: PeopleName;
  readonly count: number;
}

/** Counts people. A group may come in several parts, to be added up. */
export async function countPeople(db: Db, selection: Selection): Promise<readonly GroupPeople[]> {
  const present = await presentTypes(db, selection);
  const counted: GroupPeople[] = [];
  for (const people of Object.keys(PEOPLE) as PeopleName[]) {
    const types = PEOPLE[people].types.filter((type) => present.has(type));
    if (types.length > 0) counted.push(...(await countOf(db, selection, people, types)));
  }
  return counted;
}

/**
 * The types that the selection has events of, at whatever time: others need no look. What lies outside the span still decides who did it
 * for the first time in it.
 */
async function presentTypes(db: Db, selection: Selection): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ type: string }>`
    select distinct cell.type from ck_event_rollups as cell
    where ${conditionsOf(db, selection, "cell", { nil: true, variant: true })} and cell.span = ${sql.lit(SPAN.total)}
  `.execute(db);
  return new Set(rows.map(({ type }) => type));
}

interface PeopleRow extends Omit<GroupRow, "bucket"> {
  readonly quarter: StoredInteger;
  readonly count: StoredInteger;
}

async function countOf(
  db: Db,
  selection: Selection,
  people: PeopleName,
  types: readonly string[],
): Promise<readonly GroupPeople[]> {
  const { dimensions, from, until, buckets } = selection;
  const [only] = types;
  // One type by itself is a walk along the key, in the order of contacts.
  const ofType = types.length === 1 && only !== undefined ? sql`= ${only}` : sql`in ${textsAs(db, types)}`;
  const byTime = from !== null || until !== null || buckets !== null;
  const columns = columnsOf(dimensions);
  const listed = (alias: string, ...more: readonly RawBuilder<unknown>[]): RawBuilder<unknown> =>
    sql.join([...columns.map((name) => sql`${sql.ref(`${alias}.${name}`)}`), ...more]);
  const within: RawBuilder<unknown>[] = [];
  if (from !== null) within.push(sql`person.first_at >= ${from}`);
  if (until !== null) within.push(sql`person.first_at < ${until}`);
  const quarter =
    buckets === null
      ? sql`cast(0 as bigint)`
      : sql`person.first_at - person.first_at % ${sql.lit(QUARTER_MS)}`;
  const grouped = [
    ...columns.map((name) => sql`${sql.ref(`person.${name}`)}`),
    ...(buckets === null ? [] : [quarter]),
  ];
  const { rows } = await sql<PeopleRow>`
    select ${dimensionList(dimensions, "person")} ${quarter} as quarter, count(*) as count
    from (
      select ${listed("touch", sql`touch.contact_id`)} ${byTime ? sql`, min(touch.first_at) as first_at` : sql``}
      from (${touchesOf(db, selection, ofType)}) as touch
      group by ${listed("touch", sql`touch.contact_id`)}
    ) as person
    ${within.length === 0 ? sql`` : sql`where ${sql.join(within, sql` and `)}`}
    ${grouped.length === 0 ? sql`` : sql`group by ${sql.join(grouped)}`}
  `.execute(db);
  return rows.map((row) => ({
    group: groupOf({ ...row, bucket: buckets === null ? 0 : bucketAt(buckets, toInteger(row.quarter)) }),
    people,
    count: toInteger(row.count),
  }));
}

/** Contacts and when they did it first, once for each post, channel and segment, or for each event where the variant matters. */
function touchesOf(db: Db, selection: Selection, ofType: RawBuilder<unknown>): RawBuilder<unknown> {
  const segment = selection.dimensions.includes("segment") ? sql`, member.segment as segment_set` : sql``;
  const byVariant = selection.variant !== null || selection.dimensions.includes("variant");
  return byVariant
    ? sql`
      select event.campaign_id, event.channel, event.post_id, event.variant, event.contact_id, event.at as first_at ${segment}
      from ck_events as event ${joinSegments(selection, "event")}
      where ${conditionsOf(db, selection, "event", { nil: false, variant: true })} and event.type ${ofType}
        and event.contact_id is not null and event.count > 0
        and (event.campaign_id is not null or event.post_id is not null)`
    : sql`
      select first.campaign_id, first.channel, first.post_id, first.contact_id, first.first_at ${segment}
      from ck_first_touches as first ${joinSegments(selection, "first")}
      where ${conditionsOf(db, selection, "first", { nil: true, variant: false, all: "each-campaign" })} and first.type ${ofType}`;
}
