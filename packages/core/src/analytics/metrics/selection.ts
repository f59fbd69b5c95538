/** What the figures' queries have in common: which rows, divided how. */
import { type RawBuilder, sql } from "kysely";
import type { TimeBucket } from "../../math/time-buckets.ts";
import type { Db } from "../../storage/db.ts";
import { idsAs, uuidOf } from "../../storage/sets.ts";
import { SPAN } from "../cells.ts";
import { NO_ID } from "../event.ts";
import type { Dimension } from "./query.ts";

/** Which rows, and how they are divided. */
export interface Selection {
  readonly workspaceId: string;
  /** `null`: all, and what belongs to none. */
  readonly campaignIds: readonly string[] | null;
  readonly channel: string | null;
  readonly postId: string | null;
  readonly variant: string | null;
  readonly segment: string | null;
  readonly from: number | null;
  readonly until: number | null;
  readonly includeMachines: boolean;
  readonly dimensions: readonly Dimension[];
  /** `null`: time is not divided. */
  readonly buckets: readonly TimeBucket[] | null;
}

/** The values of one group of the selection. `null` where the events have none, or the selection is not divided by it. */
export interface GroupKey {
  readonly campaignId: string | null;
  readonly channel: string | null;
  readonly postId: string | null;
  readonly variant: string | null;
  /** The segment; among counts that have just been read, the set of segments. */
  readonly segment: string | null;
  /** The number of the bucket; 0 where time is not divided. */
  readonly bucket: number;
}

/** A group as a query returns it; columns of dimensions that are not divided by are absent. */
export interface GroupRow {
  readonly campaign_id?: string | null;
  readonly channel?: string | null;
  readonly post_id?: string | null;
  readonly variant?: string | null;
  readonly segment_set?: string | null;
  readonly bucket: number;
}

const COLUMNS: Readonly<Record<Dimension, string>> = {
  campaign: "campaign_id",
  channel: "channel",
  post: "post_id",
  variant: "variant",
  segment: "segment_set",
};

/** The columns of the dimensions. */
export function columnsOf(dimensions: readonly Dimension[]): readonly string[] {
  return dimensions.map((dimension) => COLUMNS[dimension]);
}

/** The select list of the dimensions, from a table under that alias. Ends in a comma if there are any. */
export function dimensionList(dimensions: readonly Dimension[], alias: string): RawBuilder<unknown> {
  return sql.join(
    columnsOf(dimensions).map((column) => sql`${sql.ref(`${alias}.${column}`)}, `),
    sql``,
  );
}

/** The group of a row: what stands for "none" in a key is `null` again. */
export function groupOf(row: GroupRow): GroupKey {
  const idOf = (id: string | null | undefined): string | null => (id == null || id === NO_ID ? null : id);
  return {
    campaignId: idOf(row.campaign_id),
    channel: row.channel || null,
    postId: idOf(row.post_id),
    variant: row.variant || null,
    segment: row.segment_set || null,
    bucket: row.bucket,
  };
}

/** What a table has, as far as conditions depend on it. */
interface TableTraits {
  /** The nil UUID in place of nulls, and a truth value for machines. */
  readonly nil: boolean;
  readonly variant: boolean;
  /** Machines' rows are wanted, whatever the selection says. */
  readonly machinesToo?: boolean;
  /** Where the key goes on behind the campaign: all campaigns are looked up one by one, and what belongs to none by itself. */
  readonly all?: "each-campaign" | "no-campaign";
}

/** The conditions on campaign, channel, post, variant and segment. */
export function conditionsOf(
  db: Db,
  selection: Selection,
  alias: string,
  has: TableTraits,
): RawBuilder<unknown> {
  const { workspaceId, campaignIds, channel, postId, variant, segment } = selection;
  const column = (name: string): RawBuilder<unknown> => sql`${sql.ref(`${alias}.${name}`)}`;
  const conditions = [sql`${column("workspace_id")} = ${workspaceId}`];
  const [only] = campaignIds ?? [];
  if (campaignIds?.length === 1 && only !== undefined) {
    conditions.push(sql`${column("campaign_id")} = ${uuidOf(db, only)}`);
  } else if (campaignIds !== null) {
    conditions.push(sql`${column("campaign_id")} in ${idsAs(db, campaignIds)}`);
  } else if (has.all === "no-campaign") {
    conditions.push(sql`${column("campaign_id")} is null`);
  } else if (has.all === "each-campaign") {
    conditions.push(sql`${column("campaign_id")} in (
      select total.campaign_id from ck_event_rollups as total
      where total.workspace_id = ${workspaceId} and total.span = ${sql.lit(SPAN.total)}
    )`);
  }
  if (channel !== null) conditions.push(sql`${column("channel")} = ${channel}`);
  if (postId !== null) conditions.push(sql`${column("post_id")} = ${uuidOf(db, postId)}`);
  if (variant !== null && has.variant) conditions.push(sql`${column("variant")} = ${variant}`);
  if (segment !== null) {
    conditions.push(sql`${column("segment_set")} in (
      select member.set_id from ck_segment_sets as member
      where member.workspace_id = ${workspaceId} and member.segment = ${segment}
    )`);
  }
  if (!selection.includeMachines && !has.machinesToo) {
    conditions.push(has.nil ? sql`${column("machine")} = ${false}` : sql`${column("machine")} is null`);
  }
  return sql.join(conditions, sql` and `);
}
