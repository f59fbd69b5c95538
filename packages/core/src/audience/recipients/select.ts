/** Recipients of a post: the union of its segments, a page at a time, each with the reason why it is skipped. */
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../storage/db.ts";
import { uuidOf } from "../../storage/sets.ts";
import type { SkipReason } from "./skip.ts";
import { type StandingQuery, standingsOf } from "./standing.ts";

/** Which recipients are wanted. */
export interface RecipientQuery extends Omit<StandingQuery, "contactIds"> {
  readonly segmentIds: readonly string[];
  /** The last contact id of the page before; `null` for the first page. */
  readonly after: string | null;
  readonly limit: number;
}

/** One member of the audience. */
export interface RecipientChoice {
  readonly contactId: string;
  /** Those of the segments that it is a member of; at least one. */
  readonly segmentIds: readonly string[];
  /** Why it gets nothing; `null`: it is to be sent to. */
  readonly skip: SkipReason | null;
  readonly timeZone: string | null;
}

/**
 * A page of the distinct union of the segments' members, in contact-id order. Nobody is filtered out: who gets nothing comes with the
 * reason, so a page is empty only when nothing is left. Costs by the page, not by the audience.
 */
export async function selectRecipients(db: Db, query: RecipientQuery): Promise<readonly RecipientChoice[]> {
  if (query.segmentIds.length === 0) return [];
  const { rows } = await memberPage(db, query).execute(db);
  const segments = Map.groupBy(rows, (row) => row.contact_id);
  const contactIds = [...segments.keys()];
  // Apart from the page: joined to it, PostgreSQL likes to merge the contacts of the whole workspace into the order of the page.
  const standings = await standingsOf(db, { ...query, contactIds });
  return contactIds.map((contactId) => {
    const standing = standings.get(contactId);
    const segmentIds = (segments.get(contactId) ?? []).map((row) => row.segment_id);
    // A membership can outlive its contact for a moment, when both change at once.
    if (standing === undefined) return { contactId, segmentIds, skip: "contact-gone", timeZone: null };
    return { contactId, segmentIds, skip: standing.skip, timeZone: standing.timeZone };
  });
}

/**
 * The members of a page, once for each segment. Each segment gives its own first members by its index; whoever is among the first of them all
 * is among the first of each segment that has them.
 */
function memberPage(
  db: Db,
  query: RecipientQuery,
): RawBuilder<{ readonly contact_id: string; readonly segment_id: string }> {
  const count = sql.lit(query.limit);
  const from = query.after === null ? sql`` : sql`and m.contact_id > ${uuidOf(db, query.after)}`;
  const heads = [...new Set(query.segmentIds)].map(
    (segmentId) => sql`select h.contact_id, h.segment_id from (
      select m.contact_id, m.segment_id from ck_segment_members as m
      where m.workspace_id = ${query.workspaceId} and m.segment_id = ${uuidOf(db, segmentId)} ${from}
      order by m.contact_id limit ${count}) as h`,
  );
  return sql`select ranked.contact_id, ranked.segment_id from (
      select u.contact_id, u.segment_id, dense_rank() over (order by u.contact_id) as place
      from (${sql.join(heads, sql` union all `)}) as u
    ) as ranked
    where ranked.place <= ${count} order by ranked.contact_id, ranked.segment_id`;
}
