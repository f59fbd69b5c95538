/** The tags of a workspace. */
import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { type Page, type PageRequest, pageOf, toPage } from "../kernel/page.ts";
import { isStorable, textOf } from "../kernel/text.ts";
import { parse } from "../kernel/validate.ts";
import type { Db } from "../storage/db.ts";

const prefixSchema = textOf({ max: 100 });

/** After every text that begins with a prefix. */
const LAST = "\u{10FFFF}";

/** Which tags are wanted. */
export interface TagQuery extends PageRequest {
  /** What they begin with. */
  readonly prefix?: string;
}

const tagKey = z.string().refine(isStorable);

/** A page of the tags in use, in the order of their code points. Each is found by one step in the index, however many campaigns carry it. */
export async function listTags(db: Db, workspaceId: string, query: TagQuery): Promise<Page<string>> {
  const { limit, after } = pageOf(query, tagKey);
  const prefix = parse(prefixSchema, query.prefix ?? "", "tag prefix");
  const next = (condition: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
    select min(t.term) from ck_campaign_terms t where t.workspace_id = ${workspaceId} and t.kind = 'tag'
      and t.term >= ${prefix} and t.term < ${prefix + LAST} and ${condition}
  )`;
  const { rows } = await sql<{ term: string }>`
    with recursive tags (term, place) as (
      select ${next(after === null ? sql`true` : sql`t.term > ${after}`)}, 1
      union all
      select ${next(sql`t.term > tags.term`)}, tags.place + 1 from tags
      where tags.term is not null and tags.place <= ${sql.lit(limit)}
    )
    select term from tags where term is not null order by place
  `.execute(db);
  return toPage(
    rows,
    limit,
    ({ term }) => term,
    ({ term }) => term,
  );
}
