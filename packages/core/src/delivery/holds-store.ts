/** The SQL of what holds posts: their doors, their channels that are missing or suspended, and their jobs that were given up. Reads only. */
import { selectDeadSince } from "../kernel/jobs/dead-store.ts";
import { toDate, toDateOrNull } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { isAmong } from "../storage/sets.ts";
import { isHoldReason, isWaitReason, type PostHold } from "./hold.ts";
import { fanOutJob, startPostJob } from "./post-jobs.ts";
import type { PostRow } from "./posts-store.ts";

/** What of a post says where to look. */
type Held = Pick<PostRow, "id" | "state" | "fanned_out" | "channel_missing_since">;

/** The jobs that such a post can't do without. */
function jobsOf(posts: readonly Held[]) {
  const idsOf = (wanted: (post: Held) => boolean) => posts.filter(wanted).map(({ id }) => id);
  return [
    { kind: startPostJob.name, keys: idsOf(({ state }) => state === "planned") },
    { kind: fanOutJob.name, keys: idsOf(({ state, fanned_out }) => state === "sending" && !fanned_out) },
  ];
}

/** What holds these posts of the workspace, by their ids. One that nothing holds is not in the answer. */
export async function selectHolds(
  db: Db,
  workspaceId: string,
  posts: readonly Held[],
): Promise<ReadonlyMap<string, PostHold>> {
  const holds = new Map<string, PostHold>();
  for (const { kind, keys } of jobsOf(posts)) {
    for (const [id, since] of await selectDeadSince(db, { workspaceId, kind, keys }))
      holds.set(id, { reason: "internal-error", since: new Date(since), until: null });
  }
  for (const { id, state, channel_missing_since } of posts) {
    const since = toDateOrNull(channel_missing_since);
    if (state === "planned" && since !== null)
      holds.set(id, { reason: "channel-missing", since, until: null });
  }
  const sending = posts.filter(({ state }) => state === "sending").map(({ id }) => id);
  for (const [id, hold] of await selectDoors(db, workspaceId, sending)) holds.set(id, hold);
  return holds;
}

/** What the dispatches of posts that are being sent say. */
async function selectDoors(
  db: Db,
  workspaceId: string,
  postIds: readonly string[],
): Promise<ReadonlyMap<string, PostHold>> {
  if (postIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_dispatches as d")
    .leftJoin("ck_channel_accounts as a", "a.channel", "d.channel")
    .select(["d.post_id", "d.state", "d.reason", "d.held_since", "d.next_at"])
    .select(["a.state as account", "a.suspended_at", "a.blocked_until"])
    .where("d.workspace_id", "=", workspaceId)
    .where(isAmong(db, "d.post_id", "uuid", postIds))
    .where("d.state", "<>", "closed")
    .execute();
  return new Map(
    rows.flatMap((row): [string, PostHold][] => {
      const { account, blocked_until, held_since, next_at, post_id, reason, state, suspended_at } = row;
      if (reason !== null && held_since !== null) {
        // A newer version beside this one may have written a reason that this one does not know.
        const known = isHoldReason(reason) ? reason : "internal-error";
        const until = state === "open" && isWaitReason(known) ? toDate(next_at) : null;
        return [[post_id, { reason: known, since: toDate(held_since), until }]];
      }
      if (account === null || account === "working" || suspended_at === null || blocked_until === null)
        return [];
      return [
        [post_id, { reason: "channel-suspended", since: toDate(suspended_at), until: toDate(blocked_until) }],
      ];
    }),
  );
}
