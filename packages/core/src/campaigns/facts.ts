/** For features that name campaigns: in what their figures are counted. */
import { toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { isAmong } from "../storage/sets.ts";

/** What the figures of a campaign are counted in. */
export interface CampaignFacts {
  /** ISO 4217. */
  readonly currency: string;
  /** IANA. */
  readonly timeZone: string;
  /** In epoch milliseconds. */
  readonly startsAt: number;
}

/** Campaigns of the workspace, deleted ones too; `null`: all there are. What is not in the answer is not in the workspace. */
export async function campaignFacts(
  db: Db,
  workspaceId: string,
  ids: readonly string[] | null,
): Promise<ReadonlyMap<string, CampaignFacts>> {
  if (ids?.length === 0) return new Map();
  let query = db
    .selectFrom("ck_campaigns")
    .select(["id", "currency", "time_zone", "starts_at"])
    .where("workspace_id", "=", workspaceId);
  if (ids !== null) query = query.where(isAmong(db, "id", "uuid", ids));
  const rows = await query.execute();
  return new Map(
    rows.map(({ id, currency, time_zone: timeZone, starts_at }) => [
      id,
      { currency, timeZone, startsAt: toInteger(starts_at) },
    ]),
  );
}
