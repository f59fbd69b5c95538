/** The SQL of turns: who may be served now, over all workspaces. Costs by the posts that are under way, never by their deliveries. */
import { sql } from "kysely";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { textsAs } from "../storage/sets.ts";
import { blockHorizon } from "./accounts/account.ts";
import type { Candidate } from "./turns.ts";

interface Row {
  readonly post_id: string;
  readonly workspace_id: string;
  readonly campaign_id: string;
  readonly channel: string;
  readonly lane: number;
  readonly turn: StoredInteger;
  readonly campaign_turn: StoredInteger;
  readonly workspace_turn: StoredInteger;
  readonly account: string | null;
}

/** Of each campaign and lane the open post that waits longest and may be served now, on these channels, as far as their accounts are not blocked. */
export async function selectCandidates(
  db: Db,
  now: number,
  channels: readonly string[],
): Promise<readonly Candidate[]> {
  if (channels.length === 0) return [];
  const { rows } = await sql<Row>`
    select post_id, workspace_id, campaign_id, channel, lane, turn, campaign_turn, workspace_turn, account from (
      select post.post_id, post.workspace_id, post.campaign_id, post.channel, post.lane, post.turn, post.campaign_turn, post.workspace_turn, a.state as account,
        row_number() over (partition by post.campaign_id, post.lane order by post.turn, post.post_id) as place
      from (
        select ck_dispatches.*, max(turn) over (partition by campaign_id) as campaign_turn,
          max(turn) over (partition by workspace_id) as workspace_turn
        from ck_dispatches where state = 'open'
      ) as post left join ck_channel_accounts as a on a.channel = post.channel
      where post.next_at <= ${now} and post.channel in ${textsAs(db, channels)}
        and (a.blocked_until is null or a.blocked_until <= ${now} or a.blocked_until > ${blockHorizon(now)})
    ) as ranked
    where place = 1 order by post_id
  `.execute(db);
  return rows.map((row) => ({
    postId: row.post_id,
    workspaceId: row.workspace_id,
    campaignId: row.campaign_id,
    channel: row.channel,
    lane: Number(row.lane),
    turn: toInteger(row.turn),
    campaignTurn: toInteger(row.campaign_turn),
    workspaceTurn: toInteger(row.workspace_turn),
    suspended: row.account !== null && row.account !== "working",
  }));
}

/** When the open posts of each channel are due next, over all workspaces. */
export async function selectNextTurns(
  db: Db,
): Promise<readonly { readonly channel: string; readonly at: number }[]> {
  const { rows } = await sql<{ channel: string; at: StoredInteger }>`
    select channel, min(next_at) as at from ck_dispatches where state = 'open' group by channel
  `.execute(db);
  return rows.map(({ channel, at }) => ({ channel, at: toInteger(at) }));
}

/** How many open posts share the channel. */
export async function countOpenOn(db: Db, channel: string): Promise<number> {
  const { n } = await db
    .selectFrom("ck_dispatches")
    .select((eb) => eb.fn.countAll().as("n"))
    .where("channel", "=", channel)
    .where("state", "=", "open")
    .executeTakeFirstOrThrow();
  return Number(n);
}
