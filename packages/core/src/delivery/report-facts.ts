/** For reports: what became of a campaign's audience, and what its posts are called. */
import { fromJson } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { selectCounts } from "./counts-store.ts";
import { type DeliveryProgress, progressOf } from "./delivery.ts";
import type { PostState } from "./post.ts";
import { selectCampaignPosts } from "./posts-store.ts";

/** A post as a report names it. */
export interface PostSummary {
  readonly postId: string;
  /** The host's name of the channel. */
  readonly channel: string;
  readonly state: PostState;
  /** What people see first of it, merge fields unfilled; `null` where the content has no such text. */
  readonly title: string | null;
}

/** What channels call what is seen first, in the order of preference. */
const TITLES = ["subject", "title", "headline", "text"] as const;
const MAX_TITLE_LENGTH = 120;

function titleOf(content: unknown): string | null {
  const fields = fromJson<Readonly<Record<string, unknown>> | null>(content) ?? {};
  const found = TITLES.map((name) => fields[name]).find(
    (text) => typeof text === "string" && text.trim() !== "",
  );
  if (typeof found !== "string") return null;
  const line = found.trim().replaceAll(/\s+/g, " ");
  return line.length <= MAX_TITLE_LENGTH ? line : `${line.slice(0, MAX_TITLE_LENGTH - 1).toWellFormed()}…`;
}

/** The campaign's posts in their order, and what became of all their deliveries. */
export async function deliverySummary(
  db: Db,
  workspaceId: string,
  campaignId: string,
): Promise<{ readonly posts: readonly PostSummary[]; readonly progress: DeliveryProgress }> {
  const rows = await selectCampaignPosts(db, workspaceId, campaignId);
  const ids = rows.map(({ id }) => id);
  return {
    posts: rows.map(({ id, channel, state, content }) => ({
      postId: id,
      channel,
      state,
      title: titleOf(content),
    })),
    progress: progressOf(await selectCounts(db, ids)),
  };
}
