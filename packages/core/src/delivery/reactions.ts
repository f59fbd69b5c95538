/** What delivery does in the same transaction when a campaign moves. */
import { keepCampaign, loadCampaign, type PlanShift, shiftAlong } from "../campaigns/index.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { startOfNextLocalDay } from "../math/time-zone.ts";
import { fromJson, toIntegerOrNull } from "../storage/columns.ts";
import { startPostJob } from "./fan-out.ts";
import { BUDGET_EXHAUSTED, CAMPAIGN_PAUSED } from "./post-state.ts";
import { insertPost, type PostRow, selectCampaignPosts } from "./posts-store.ts";

/** Orders the start of a post at its time, or at once. */
export function planStart(unit: Unit, post: Pick<PostRow, "id" | "scheduled_at">): void {
  const at = toIntegerOrNull(post.scheduled_at) ?? unit.now;
  unit.enqueue(startPostJob, { payload: { postId: post.id }, key: post.id, runAt: Math.max(at, unit.now) });
}

/** Opens what a pause held, and orders the start of what fell due meanwhile. */
async function openCampaign(unit: Unit, campaignId: string): Promise<void> {
  await unit.db
    .updateTable("ck_dispatches")
    .set({ state: "open", reason: null, next_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "=", "held")
    .where("reason", "in", [CAMPAIGN_PAUSED, BUDGET_EXHAUSTED])
    .execute();
  const posts = await selectCampaignPosts(unit.db, unit.workspaceId, campaignId);
  for (const post of posts) if (post.state === "planned") planStart(unit, post);
  unit.wakeAfterCommit("delivery");
}

/** Opens what waited for money in an active campaign: on that channel, or on all. A paused one opens everything when it is resumed. */
async function openPaid(unit: Unit, campaignId: string, channel: string | null): Promise<void> {
  const { state, timeZone } = await keepCampaign(unit, campaignId);
  if (state !== "active") return;
  const tomorrow = startOfNextLocalDay(unit.now, timeZone);
  let waiting = unit.db
    .updateTable("ck_dispatches")
    .set({ state: "open", reason: null, next_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where(({ and, eb, or }) =>
      or([
        and([eb("state", "=", "held"), eb("reason", "=", BUDGET_EXHAUSTED)]),
        and([eb("state", "=", "open"), eb("next_at", "=", tomorrow)]),
      ]),
    );
  if (channel !== null) waiting = waiting.where("channel", "=", channel);
  await waiting.execute();
  unit.wakeAfterCommit("delivery");
}

async function holdCampaign(unit: Unit, campaignId: string): Promise<void> {
  await unit.db
    .updateTable("ck_dispatches")
    .set({ state: "held", reason: CAMPAIGN_PAUSED })
    .where("workspace_id", "=", unit.workspaceId)
    .where("campaign_id", "=", campaignId)
    .where("state", "=", "open")
    .execute();
}

/** Copies the posts of a campaign as they were written; nothing of their run. */
async function copyPosts(unit: Unit, sourceId: string, campaignId: string, shiftMs: number): Promise<void> {
  const source = await loadCampaign(unit.db, unit.workspaceId, sourceId);
  const copy = await loadCampaign(unit.db, unit.workspaceId, campaignId);
  const shift: PlanShift = { shiftMs, fromTimeZone: source.timeZone, toTimeZone: copy.timeZone };
  for (const post of await selectCampaignPosts(unit.db, unit.workspaceId, sourceId)) {
    const scheduledAt = toIntegerOrNull(post.scheduled_at);
    await insertPost(unit.db, {
      id: unit.newId(),
      workspaceId: unit.workspaceId,
      campaignId,
      channel: post.channel,
      draft: post.state === "draft",
      role: post.role,
      sequence: post.sequence,
      purpose: post.purpose,
      onUnknown: post.on_unknown,
      content: fromJson<object>(post.content),
      scheduledAt: scheduledAt === null ? null : shiftAlong(scheduledAt, shift),
      now: unit.now,
    });
  }
}

/** Delivery's reactions to campaigns and their money. */
export const campaignReactions: readonly Reaction[] = [
  react("campaign.launched", (unit, { data }) => openCampaign(unit, data.campaignId)),
  react("campaign.resumed", (unit, { data }) => openCampaign(unit, data.campaignId)),
  react("budget.replenished", (unit, { data }) => openPaid(unit, data.campaignId, data.channel)),
  react("campaign.paused", (unit, { data }) => holdCampaign(unit, data.campaignId)),
  react("campaign.duplicated", (unit, { data }) =>
    copyPosts(unit, data.sourceId, data.campaignId, data.shiftMs),
  ),
];
