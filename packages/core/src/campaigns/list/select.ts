/**
 * Reads one page of a list in a time that does not grow with the number of campaigns.
 *
 * There are two ways to read it: walk the index of the sort order and leave out what does not fit, which is quick when much fits; or take the
 * ids of one filter that little fits, and sort those. Neither planner can know which without statistics that fit the values, so each
 * filter's index is asked first for as many ids as are worth sorting, and no more.
 */
import { type RawBuilder, type Selectable, sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import type { CampaignsTable } from "../../storage/tables/campaigns.ts";
import { byIndex, type Condition, type ListPart } from "./conditions.ts";
import type { CampaignSort, ListOrder, ListPlace } from "./query.ts";

/** Up to so many campaigns are sorted; of more that fit one filter, a walk finds a page soon. */
const WORTH_SORTING = 1_000;

/** The column, which also names the index, of each order. */
export const SORT_COLUMNS = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  startsAt: "starts_at",
  endsAt: "ends_key",
  name: "name_key",
} as const satisfies Record<CampaignSort, keyof CampaignsTable>;

/** A campaign's row. */
export type CampaignRow = Selectable<CampaignsTable>;

/** One part of a list: one shelf, in one order, from one place. */
export interface ListRequest {
  readonly part: ListPart;
  readonly conditions: readonly Condition[];
  readonly order: ListOrder;
  readonly after: ListPlace | null;
  readonly limit: number;
}

/** A filter that an index answers. */
type Indexed = Condition & { readonly ids: NonNullable<Condition["ids"]> };

/** The filter that fewest campaigns fit, if they are few enough to sort. */
async function fewest(db: Db, conditions: readonly Condition[]): Promise<Indexed | null> {
  const indexed = conditions.filter((condition): condition is Indexed => condition.ids !== null);
  if (indexed.length === 0) return null;
  const counts = indexed.map(
    ({ ids }, index) =>
      sql`select ${sql.lit(index)} as which, count(*) as n from (select 1 from (${ids}) as found limit ${sql.lit(WORTH_SORTING + 1)}) as bounded`,
  );
  const { rows } = await sql<{
    which: number;
    n: StoredInteger;
  }>`${sql.join(counts, sql` union all `)}`.execute(db);
  const [least] = rows
    .map(({ which, n }) => ({ which, n: toInteger(n) }))
    .toSorted((a, b) => a.n - b.n || a.which - b.which);
  return least === undefined || least.n > WORTH_SORTING ? null : (indexed[least.which] ?? null);
}

/** The statement for one part; `driver` is the filter whose ids are sorted, or null to walk. */
function listStatement(db: Db, request: ListRequest, driver: Indexed | null): RawBuilder<CampaignRow> {
  const { part, order, after } = request;
  const column = SORT_COLUMNS[order.by];
  const key = sql.ref(`c.${column}`);
  const direction = sql.raw(order.direction);
  const place =
    after === null
      ? sql``
      : sql` and (${key}, c.id) ${sql.raw(order.direction === "asc" ? ">" : "<")} (${after.key}, ${after.id})`;
  const others = request.conditions.filter((condition) => condition !== driver);
  const where = sql`c.workspace_id = ${part.workspaceId} and c.shelf = ${part.shelf}${place}${sql.join(
    others.map((condition) => sql` and ${condition.where}`),
    sql``,
  )}`;
  const end = sql`order by ${key} ${direction}, c.id ${direction} limit ${sql.lit(request.limit)}`;
  if (driver === null)
    return sql<CampaignRow>`select c.* from ck_campaigns c ${byIndex(db, `by_${column}`)} where ${where} ${end}`;
  return sql<CampaignRow>`
    with candidate as materialized (select distinct id from (${driver.ids}) as found)
    select c.* from candidate cross join ck_campaigns c where c.id = candidate.id and ${where} ${end}
  `;
}

/** One part of a page. */
export async function selectPart(db: Db, request: ListRequest): Promise<readonly CampaignRow[]> {
  const driver = await fewest(db, request.conditions);
  const { rows } = await listStatement(db, request, driver).execute(db);
  return rows;
}
