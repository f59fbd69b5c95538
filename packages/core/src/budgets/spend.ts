/** What campaigns have spent, for results and comparisons. Read from the counters, so that it costs the same however many movements there are. */
import { sql } from "kysely";
import { localDay, QUARTER_MS, startOfCalendarDay } from "../math/time-zone.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { idsAs } from "../storage/sets.ts";
import { COST_KINDS, type CostKind } from "./scope.ts";

const DAY_MS = 86_400_000;

/** What one campaign has spent. Amounts are micros of its budget's currency; what is only reserved is not spent. */
export interface Spend {
  readonly currency: string;
  readonly committedMicros: number;
  readonly byKind: Readonly<Record<CostKind, number>>;
  /** What was spent on a channel; the rest was spent on none. */
  readonly byChannel: Readonly<Record<string, number>>;
}

interface SpendRow {
  readonly campaign_id: string;
  readonly currency: string;
  readonly kind: "total" | "cost" | "channel";
  readonly name: string;
  readonly committed_micros: StoredInteger;
}

/** What each of the campaigns has spent, by kind and by channel. A campaign whose budget was never opened has spent nothing and is left out. */
export async function spendOf(
  db: Db,
  workspaceId: string,
  campaignIds: readonly string[],
): Promise<ReadonlyMap<string, Spend>> {
  const { rows } = await sql<SpendRow>`
    select scope.campaign_id, budget.currency, scope.kind, scope.name, scope.committed_micros
    from ck_budget_scopes as scope
    join ck_budgets as budget on budget.workspace_id = scope.workspace_id and budget.campaign_id = scope.campaign_id
    where scope.workspace_id = ${workspaceId} and scope.campaign_id in ${idsAs(db, campaignIds)} and scope.kind <> 'daily'
  `.execute(db);
  const byCampaign = Map.groupBy(rows, ({ campaign_id }) => campaign_id);
  return new Map([...byCampaign].map(([id, of]) => [id, toSpend(of)]));
}

function toSpend(rows: readonly SpendRow[]): Spend {
  const amounts = (kind: SpendRow["kind"]): Record<string, number> =>
    Object.fromEntries(
      rows.filter((row) => row.kind === kind).map((row) => [row.name, toInteger(row.committed_micros)]),
    );
  const byKind = amounts("cost");
  return {
    currency: rows[0]?.currency ?? "",
    committedMicros: amounts("total")[""] ?? 0,
    byKind: Object.fromEntries(COST_KINDS.map((kind) => [kind, byKind[kind] ?? 0])) as Record<
      CostKind,
      number
    >,
    byChannel: amounts("channel"),
  };
}

/** What one campaign has spent on one of its local days. */
export interface DaySpend {
  readonly campaignId: string;
  /** `YYYY-MM-DD`, in the campaign's time zone. */
  readonly day: string;
  readonly committedMicros: number;
}

/** What the campaigns have spent on each local day of a span, both ends included; days without any movement are left out. */
export async function spendByDay(
  db: Db,
  workspaceId: string,
  campaignIds: readonly string[],
  span: { readonly from: string; readonly to: string },
): Promise<readonly DaySpend[]> {
  const { rows } = await sql<{ campaign_id: string; name: string; committed_micros: StoredInteger }>`
    select scope.campaign_id, scope.name, scope.committed_micros from ck_budget_scopes as scope
    where scope.workspace_id = ${workspaceId} and scope.campaign_id in ${idsAs(db, campaignIds)} and scope.kind = 'daily'
      and scope.name >= ${span.from} and scope.name <= ${span.to}
    order by scope.name, scope.campaign_id
  `.execute(db);
  return rows.map((row) => ({
    campaignId: row.campaign_id,
    day: row.name,
    committedMicros: toInteger(row.committed_micros),
  }));
}

/** What one campaign has spent in one quarter of an hour. */
export interface QuarterSpend {
  readonly campaignId: string;
  /** ISO 4217, of the campaign's budget. */
  readonly currency: string;
  /** `null`: on none. */
  readonly channel: string | null;
  /** The quarter's first instant, in epoch milliseconds. */
  readonly quarter: number;
  readonly committedMicros: number;
}

/**
 * What the campaigns have spent by quarters of an hour: sums for any span of any time zone. Read from the ledger, so that it costs by the
 * movements in the span. `null`: without end.
 *
 * A movement counts when it was committed. One that counts on another local day of its campaign, such as an invoice booked late, counts
 * in that day's first quarter, so that the days of the campaign's own zone are those of its budget.
 */
export async function spendByQuarter(
  db: Db,
  workspaceId: string,
  campaignIds: readonly string[],
  span: { readonly from: number | null; readonly until: number | null },
): Promise<readonly QuarterSpend[]> {
  const quarter = sql`movement.at - movement.at % ${sql.lit(QUARTER_MS)}`;
  // Local days differ from those of UTC by one at most; what lies outside the span is left out below.
  const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const from = span.from === null ? sql`` : sql`and movement.day >= ${dayOf(span.from - DAY_MS)}`;
  const until = span.until === null ? sql`` : sql`and movement.day <= ${dayOf(span.until + DAY_MS)}`;
  const { rows } = await sql<{
    campaign_id: string;
    currency: string;
    time_zone: string;
    channel: string | null;
    day: string;
    quarter: StoredInteger;
    committed_micros: StoredInteger;
  }>`
    select movement.campaign_id, budget.currency, budget.time_zone, movement.channel, movement.day, ${quarter} as quarter,
      cast(sum(movement.committed_delta) as bigint) as committed_micros
    from ck_budget_movements as movement
    join ck_budgets as budget on budget.workspace_id = movement.workspace_id and budget.campaign_id = movement.campaign_id
    where movement.workspace_id = ${workspaceId} and movement.campaign_id in ${idsAs(db, campaignIds)}
      and movement.committed_delta <> 0 ${from} ${until}
    group by 1, 2, 3, 4, 5, 6
    order by 6, 1, 4, 5
  `.execute(db);
  return rows
    .map((row) => {
      const at = toInteger(row.quarter);
      return {
        campaignId: row.campaign_id,
        currency: row.currency,
        channel: row.channel,
        quarter:
          localDay(at, row.time_zone) === row.day
            ? at
            : startOfCalendarDay(Date.parse(row.day), row.time_zone),
        committedMicros: toInteger(row.committed_micros),
      };
    })
    .filter(
      (spend) =>
        (span.from === null || spend.quarter >= span.from) &&
        (span.until === null || spend.quarter < span.until),
    );
}
