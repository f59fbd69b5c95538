/** What machines did in a campaign, and why they are taken for machines. Reads their events only. */
import { sql } from "kysely";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { uuidOf } from "../../storage/sets.ts";

/** How often machines did something for one reason. */
export interface MachineActs {
  /** `open`, `click` or another type of event. */
  readonly type: string;
  /** The reason code, such as `link-burst` or `apple-mail-privacy`. */
  readonly reason: string;
  readonly count: number;
}

/** By type and reason, the most frequent first. */
export async function readMachineActs(
  db: Db,
  workspaceId: string,
  campaignId: string,
): Promise<readonly MachineActs[]> {
  const { rows } = await sql<{ type: string; machine: string; count: StoredInteger }>`
    select event.type, event.machine, cast(sum(event.count) as bigint) as count
    from ck_events as event
    where event.workspace_id = ${workspaceId} and event.campaign_id = ${uuidOf(db, campaignId)} and event.machine is not null
    group by event.type, event.machine
  `.execute(db);
  return rows
    .map(({ type, machine: reason, count }) => ({ type, reason, count: toInteger(count) }))
    .sort((a, b) => b.count - a.count || (`${a.type} ${a.reason}` < `${b.type} ${b.reason}` ? -1 : 1));
}
