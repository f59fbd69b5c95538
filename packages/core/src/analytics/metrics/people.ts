/** Counts of people by group: rows of first touches, or where those can't tell (variants) of the events themselves. */
import { type RawBuilder, sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import { SCOPE, SPAN } from "../cells.ts";
import { PEOPLE, type PeopleName } from "./definitions.ts";
import {
  bucketTable,
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

interface PeopleRow extends GroupRow {
  readonly people: PeopleName;
  readonly count: StoredInteger;
}

type Wanted = { readonly people: PeopleName; readonly type: string };

/** Counts people. */
export async function countPeople(db: Db, selection: Selection): Promise<readonly GroupPeople[]> {
  const present = await presentTypes(db, selection);
  const single: Wanted[] = [];
  const several: Wanted[] = [];
  for (const [people, { types }] of Object.entries(PEOPLE) as [PeopleName, (typeof PEOPLE)[PeopleName]][]) {
    const wanted = types.filter((type) => present.has(type)).map((type) => ({ people, type }));
    const isRow = wanted.length === 1 && personIsRow(selection);
    (isRow ? single : several).push(...wanted);
  }
  return [
    ...(single.length === 0 ? [] : await countRows(db, selection, single)),
    ...(several.length === 0 ? [] : await countDistinct(db, selection, several)),
  ];
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

/** Whether each person of a group has exactly one row per type: in one campaign, of people only. */
function personIsRow({
  dimensions,
  campaignIds,
  channel,
  postId,
  variant,
  includeMachines,
}: Selection): boolean {
  const oneCampaign = campaignIds?.length === 1 || dimensions.includes("campaign");
  const wholeCampaign = dimensions.every((dimension) => dimension === "campaign");
  return (
    oneCampaign &&
    wholeCampaign &&
    channel === null &&
    postId === null &&
    variant === null &&
    !includeMachines
  );
}

function wantedTable(db: Db, wanted: readonly Wanted[]): RawBuilder<unknown> {
  return rowsAs(db, "wanted", { people: "text", type: "text" }, wanted);
}

/** Conditions of time on a first instant, and what the query is joined with for them. */
function timeOf(db: Db, selection: Selection, instant: RawBuilder<unknown>) {
  const { buckets, from, until } = selection;
  const conditions: RawBuilder<unknown>[] = [];
  if (buckets !== null) conditions.push(sql`${instant} >= bucket.from_at and ${instant} < bucket.until_at`);
  else {
    if (from !== null) conditions.push(sql`${instant} >= ${from}`);
    if (until !== null) conditions.push(sql`${instant} < ${until}`);
  }
  return {
    join: buckets === null ? sql`` : sql`cross join ${bucketTable(db, selection)}`,
    number: buckets === null ? sql`0` : sql`bucket.number`,
    condition: conditions.length === 0 ? sql`` : sql`and ${sql.join(conditions, sql` and `)}`,
    group: buckets === null ? [] : [sql`bucket.number`],
  };
}

async function countRows(
  db: Db,
  selection: Selection,
  wanted: readonly Wanted[],
): Promise<readonly GroupPeople[]> {
  const time = timeOf(db, selection, sql`touch.first_at`);
  const columns = columnsOf(selection.dimensions).map((name) => sql`${sql.ref(`touch.${name}`)}`);
  const { rows } = await sql<PeopleRow>`
    select ${dimensionList(selection.dimensions, "touch")} ${time.number} as bucket, wanted.people, count(*) as count
    from ${wantedTable(db, wanted)} cross join ck_first_touches as touch ${time.join}
    where ${conditionsOf(db, selection, "touch", { nil: true, variant: false })}
      and touch.scope = ${sql.lit(SCOPE.campaign)} and touch.type = wanted.type ${time.condition}
    group by ${sql.join([...columns, sql`wanted.people`, ...time.group])}
  `.execute(db);
  return rows.map(toPeople);
}

async function countDistinct(
  db: Db,
  selection: Selection,
  wanted: readonly Wanted[],
): Promise<readonly GroupPeople[]> {
  const { dimensions, channel, postId, variant } = selection;
  const byVariant = variant !== null || dimensions.includes("variant");
  const byPost =
    channel !== null || postId !== null || dimensions.some((dimension) => dimension !== "campaign");
  const source = byVariant
    ? sql`select ${dimensionList(dimensions, "touch")} wanted.people, touch.contact_id, min(touch.at) as first_at
        from ${wantedTable(db, wanted)} cross join ck_events as touch
        where ${conditionsOf(db, selection, "touch", { nil: false, variant: true })} and touch.type = wanted.type
          and touch.contact_id is not null and touch.count > 0
          and (touch.campaign_id is not null or touch.post_id is not null)`
    : sql`select ${dimensionList(dimensions, "touch")} wanted.people, touch.contact_id, min(touch.first_at) as first_at
        from ${wantedTable(db, wanted)} cross join ck_first_touches as touch
        where ${conditionsOf(db, selection, "touch", { nil: true, variant: false })} and touch.type = wanted.type
          and touch.scope = ${sql.lit(byPost ? SCOPE.post : SCOPE.campaign)}`;
  const columns = columnsOf(dimensions);
  const listed = (alias: string, ...more: readonly string[]): RawBuilder<unknown> =>
    sql.join([...columns, ...more].map((name) => sql`${sql.ref(`${alias}.${name}`)}`));
  const time = timeOf(db, selection, sql`person.first_at`);
  const { rows } = await sql<PeopleRow>`
    select ${dimensionList(dimensions, "person")} ${time.number} as bucket, person.people, count(*) as count
    from (
      ${source}
      group by ${columns.length === 0 ? sql`` : sql`${listed("touch")},`} wanted.people, touch.contact_id
    ) as person ${time.join}
    where person.contact_id is not null ${time.condition}
    group by ${sql.join([sql`${listed("person", "people")}`, ...time.group])}
  `.execute(db);
  return rows.map(toPeople);
}

function toPeople(row: PeopleRow): GroupPeople {
  return { group: groupOf(row), people: row.people, count: toInteger(row.count) };
}
