/** Each filter as SQL: the condition on a campaign `c`, and, where an index answers it, the ids of all that fit. */
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type Db, familyOf } from "../../storage/db.ts";
import { subtreeIds } from "../folders/index.ts";
import { queryWords } from "../terms.ts";
import type { CheckedQuery } from "./query.ts";

/** One filter. */
export interface Condition {
  /** True of the campaigns `c` that fit. */
  readonly where: RawBuilder<SqlBool>;
  /** A SELECT of `id`, by an index, of all campaigns that fit; some on other shelves may be among them. `null`: no index answers it. */
  readonly ids: RawBuilder<{ id: string }> | null;
}

/** Where campaigns are looked for. */
export interface ListPart {
  readonly workspaceId: string;
  readonly shelf: "open" | "archived" | "deleted";
}

/** After every text that begins with a prefix. */
const LAST = "\u{10FFFF}";

/** Says to SQLite, which may have no statistics or misleading ones, which index to use. */
export function byIndex(db: Db, name: string): RawBuilder<unknown> {
  return familyOf(db) === "sqlite" ? sql`indexed by ${sql.ref(`ck_campaigns_${name}`)}` : sql``;
}

/** A condition on columns of the campaign itself, answered by the named index. */
function onColumn(
  db: Db,
  { workspaceId, shelf }: ListPart,
  index: string,
  fits: (alias: string) => RawBuilder<SqlBool>,
): Condition {
  return {
    where: fits("c"),
    ids: sql`select i.id from ck_campaigns i ${byIndex(db, index)} where i.workspace_id = ${workspaceId} and i.shelf = ${shelf} and ${fits("i")}`,
  };
}

/** A condition on the terms that the campaign is found by. */
function onTerm({ workspaceId }: ListPart, fits: RawBuilder<SqlBool>): Condition {
  return {
    where: sql`exists (select 1 from ck_campaign_terms t where t.workspace_id = ${workspaceId} and t.campaign_id = c.id and ${fits})`,
    ids: sql`select t.campaign_id as id from ck_campaign_terms t where t.workspace_id = ${workspaceId} and ${fits}`,
  };
}

const column = (alias: string, name: string): RawBuilder<unknown> => sql.ref(`${alias}.${name}`);

function anyOf(values: readonly string[]): RawBuilder<unknown> {
  return sql`(${values.length === 0 ? sql`null` : sql.join(values)})`;
}

/** The conditions of a query. `folderPath` is the path of the folder that it names. */
export function conditionsOf(
  db: Db,
  query: CheckedQuery,
  part: ListPart,
  folderPath: string | null,
): readonly Condition[] {
  const conditions: Condition[] = [];
  const add = (index: string, fits: (alias: string) => RawBuilder<SqlBool>): void =>
    void conditions.push(onColumn(db, part, index, fits));
  const { state, type, owner, needsDecision, folderId, overlaps, search } = query;
  if (state !== undefined) add("state", (alias) => sql`${column(alias, "state")} in ${anyOf(state)}`);
  if (type !== undefined) add("type", (alias) => sql`${column(alias, "type")} in ${anyOf(type)}`);
  if (owner === null) add("owner", (alias) => sql`${column(alias, "owner")} is null`);
  else if (owner !== undefined) add("owner", (alias) => sql`${column(alias, "owner")} = ${owner}`);
  if (needsDecision === true) add("decision", (alias) => sql`${column(alias, "needs_decision")} is not null`);
  else if (needsDecision === false) conditions.push({ where: sql`c.needs_decision is null`, ids: null });
  if (folderPath !== null)
    add(
      "folder",
      (alias) => sql`${column(alias, "folder_id")} in ${subtreeIds(part.workspaceId, folderPath)}`,
    );
  else if (folderId === null) add("folder", (alias) => sql`${column(alias, "folder_id")} is null`);
  const { from, to } = overlaps ?? {};
  if (from !== undefined)
    add("by_ends_key", (alias) => sql`${column(alias, "ends_key")} > ${from.getTime()}`);
  if (to !== undefined) add("by_starts_at", (alias) => sql`${column(alias, "starts_at")} < ${to.getTime()}`);
  for (const kind of ["objective", "channel", "tag"] as const) {
    const terms = query[kind];
    if (terms !== undefined)
      conditions.push(onTerm(part, sql`t.kind = ${sql.lit(kind)} and t.term in ${anyOf(terms)}`));
  }
  for (const word of search === undefined ? [] : queryWords(search))
    conditions.push(onTerm(part, sql`t.kind = 'word' and t.term >= ${word} and t.term < ${word + LAST}`));
  return conditions;
}
