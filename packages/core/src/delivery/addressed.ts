/** For features that ask as a member of which segments somebody was written to. */
import { sql } from "kysely";
import type { AddressedQuery } from "../analytics/index.ts";
import type { Db } from "../storage/db.ts";
import { rowsAs } from "../storage/sets.ts";

/**
 * The set of segments of the delivery of the post, or else of the campaign's last to the contact before that moment. In the order of the queries;
 * `null` where there is none. Costs by the queries and the campaign's posts.
 */
export async function addressedSegments(
  db: Db,
  workspaceId: string,
  queries: readonly AddressedQuery[],
): Promise<readonly (string | null)[]> {
  const asked = rowsAs(
    db,
    "asked",
    { number: "integer", campaign_id: "uuid", contact_id: "uuid", post_id: "uuid", at: "bigint" },
    queries.map(({ campaignId, contactId, postId, at }, number) => ({
      number,
      campaign_id: campaignId,
      contact_id: contactId,
      post_id: postId,
      at,
    })),
  );
  // The distance is a column of its own: SQLite before 3.53 finds no outer column in an ORDER BY.
  const { rows } = await sql<{ number: number; segment_set: string | null }>`
    select asked.number, (
      select told.segment_set from (
        select d.segment_set, d.created_at, d.id, case when p.id = asked.post_id then 0 else 1 end as distance
        from ck_posts as p cross join ck_deliveries as d
        where p.workspace_id = ${workspaceId} and p.campaign_id = asked.campaign_id
          and d.workspace_id = ${workspaceId} and d.contact_id = asked.contact_id and d.post_id = p.id and d.created_at <= asked.at
      ) as told
      order by told.distance, told.created_at desc, told.id desc limit 1
    ) as segment_set
    from ${asked}
  `.execute(db);
  const found = new Map(rows.map((row) => [Number(row.number), row.segment_set]));
  return queries.map((_, number) => found.get(number) ?? null);
}
