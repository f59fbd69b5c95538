/** Link targets of posts: registered once per post, found again by a hash, so that a link once sent stays what it was. */
import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { isAmong, rowsAs, uuidOf } from "../storage/sets.ts";

/** A link target as its post has registered it. */
export interface RegisteredLink {
  /** 16 hexadecimal digits; the same target has the same id in every post. */
  readonly id: string;
  /** As written in the post, merge fields unfilled. */
  readonly url: string;
}

function linkIdOf(url: string): string {
  return createHash("sha256").update(url).digest("hex").slice(0, 16);
}

/**
 * Registers the links of a prepared post, and returns them in the same order.
 *
 * Idempotent, and safe from several workers at once: ids follow from the targets. Editing the post adds links and takes none away,
 * so messages that are already out keep working.
 */
export async function registerLinks(
  unit: Unit,
  postId: string,
  links: readonly string[],
): Promise<readonly RegisteredLink[]> {
  const registered = links.map((url) => ({ id: linkIdOf(url), url }));
  if (registered.length === 0) return registered;
  const { db, workspaceId, now } = unit;
  const rows = [...new Map(registered.map((link) => [link.id, link])).values()];
  await sql`
    insert into ck_links (workspace_id, post_id, link_id, url, created_at)
    select ${workspaceId}, ${uuidOf(db, postId)}, added.id, added.url, cast(${now} as bigint)
    from ${rowsAs(db, "added", { id: "text", url: "text" }, rows)} where true order by added.id
    on conflict (workspace_id, post_id, link_id) do nothing
  `.execute(db);
  return registered;
}

/** The registered target, if the post has such a link. */
export async function findLink(
  db: Db,
  link: { readonly workspaceId: string; readonly postId: string; readonly linkId: string },
): Promise<string | null> {
  const row = await db
    .selectFrom("ck_links")
    .select("url")
    .where("workspace_id", "=", link.workspaceId)
    .where("post_id", "=", link.postId)
    .where("link_id", "=", link.linkId)
    .executeTakeFirst();
  return row?.url ?? null;
}

/** How many links the posts have registered. A post without any is not in the answer. */
export async function countLinks(
  db: Db,
  workspaceId: string,
  postIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (postIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_links")
    .select(["post_id", ({ fn }) => fn.countAll<StoredInteger>().as("links")])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "post_id", "uuid", postIds))
    .groupBy("post_id")
    .execute();
  return new Map(rows.map(({ post_id, links }) => [post_id, toInteger(links)]));
}
