/** What delivery does when a campaign moves, in the same transaction, and when there is money again, moments later. */
import { keepCampaign, loadCampaign, type PlanShift, shiftAlong } from "../campaigns/index.ts";
import { defineJob, handleJob } from "../kernel/jobs/job.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { validationError } from "../kernel/validate.ts";
import { startOfNextLocalDay } from "../math/time-zone.ts";
import { fromJson, toIntegerOrNull } from "../storage/columns.ts";
import { holdDispatches, releaseDispatches, releaseWaiting } from "./dispatches-store.ts";
import { shiftedWallTime } from "./local-time.ts";
import { planStart } from "./post-jobs.ts";
import { BUDGET_EXHAUSTED, CAMPAIGN_PAUSED } from "./post-state.ts";
import { dropApprovals, insertPost, type PostRow, selectCampaignPosts } from "./posts-store.ts";
import { localTimeOf, ownQuietHours } from "./timing.ts";

/** Opens what a pause held, and orders the start of what fell due meanwhile. */
async function openCampaign(unit: Unit, campaignId: string): Promise<void> {
  await releaseDispatches(unit, campaignId, [CAMPAIGN_PAUSED, BUDGET_EXHAUSTED]);
  const posts = await selectCampaignPosts(unit.db, unit.workspaceId, campaignId);
  for (const post of posts) if (post.state === "planned") planStart(unit, post);
  unit.wakeAfterCommit("delivery");
}

/** What waited for money is to be opened: on that channel, or on all. */
const openPaidJob = defineJob<{ campaignId: string; channel: string | null }>("posts.open-paid");

/** Opens what waited for money in an active campaign. A paused one opens everything when it is resumed. */
export const openPaidHandler = handleJob(openPaidJob, (job) =>
  job.step({ next: "finish" }, (unit) => openPaid(unit, job.payload.campaignId, job.payload.channel)),
);

async function openPaid(unit: Unit, campaignId: string, channel: string | null): Promise<void> {
  const { state, timeZone } = await keepCampaign(unit, campaignId);
  if (state !== "active") return;
  await releaseWaiting(unit, campaignId, {
    channel,
    reason: BUDGET_EXHAUSTED,
    restingUntil: startOfNextLocalDay(unit.now, timeZone),
  });
  unit.wakeAfterCommit("delivery");
}

/**
 * Keeps posts and their campaign's plan together. A channel with posts stays, and an approval was for those who were to get the post then, by
 * the config of then.
 *
 * @throws {VALIDATION_FAILED} for a channel that is taken out and has posts.
 */
async function followPlan(unit: Unit, campaignId: string, changed: readonly string[]): Promise<void> {
  if (changed.includes("channels")) {
    const { channels } = await loadCampaign(unit.db, unit.workspaceId, campaignId);
    const kept = new Set(channels.map(({ channel }) => channel));
    const left = (await selectCampaignPosts(unit.db, unit.workspaceId, campaignId)).filter(
      ({ channel, state }) => state !== "cancelled" && !kept.has(channel),
    );
    if (left.length > 0) {
      const names = [...new Set(left.map(({ channel }) => channel))];
      throw validationError(
        "campaign",
        names.map((name) => ({
          path: ["channels"],
          message: `"${name}" has posts in the campaign; cancel these first, or keep the channel.`,
        })),
      );
    }
  }
  if (changed.includes("channels") || changed.includes("segmentIds")) await dropApprovals(unit, campaignId);
}

/**
 * Copies the posts of a campaign as they were written; nothing of their run. What a person called off stays out, and so do posts on channels that
 * the copy does not use.
 */
async function copyPosts(unit: Unit, sourceId: string, campaignId: string, shiftMs: number): Promise<void> {
  const source = await loadCampaign(unit.db, unit.workspaceId, sourceId);
  const copy = await loadCampaign(unit.db, unit.workspaceId, campaignId);
  const shift: PlanShift = { shiftMs, fromTimeZone: source.timeZone, toTimeZone: copy.timeZone };
  const used = new Set(copy.channels.map(({ channel }) => channel));
  const posts = await selectCampaignPosts(unit.db, unit.workspaceId, sourceId);
  for (const post of posts.filter(({ channel }) => used.has(channel))) {
    if (wasCalledOff(post)) continue;
    const scheduledAt = toIntegerOrNull(post.scheduled_at);
    const localTime = localTimeOf(post);
    await insertPost(unit.db, {
      id: unit.newId(),
      workspaceId: unit.workspaceId,
      campaignId,
      channel: post.channel,
      draft: (post.closed_from ?? post.state) === "draft",
      role: post.role,
      sequence: post.sequence,
      purpose: post.purpose,
      topic: post.topic,
      onUnknown: post.on_unknown,
      content: fromJson<object>(post.content),
      scheduledAt: scheduledAt === null ? null : shiftAlong(scheduledAt, shift),
      localTime: localTime === null ? null : { ...localTime, at: shiftedWallTime(localTime.at, shiftMs) },
      quietHours: ownQuietHours(post),
      now: unit.now,
    });
  }
}

/** Whether a person, and not the end of its campaign, cancelled it. */
function wasCalledOff({ state, closed_from, started_at }: PostRow): boolean {
  return state === "cancelled" && closed_from === null && started_at === null;
}

/** Delivery's reactions to campaigns and their money. */
export const campaignReactions: readonly Reaction[] = [
  react("campaign.launched", (unit, { data }) => openCampaign(unit, data.campaignId)),
  react("campaign.resumed", (unit, { data }) => openCampaign(unit, data.campaignId)),
  // Recorded under the lock of the budget's counters, after which no campaign or dispatch is locked any more.
  react("budget.replenished", async (unit, { data: { campaignId, channel } }) =>
    unit.enqueue(openPaidJob, { payload: { campaignId, channel }, key: `${campaignId}:${channel ?? ""}` }),
  ),
  react("campaign.paused", (unit, { data }) => holdDispatches(unit, data.campaignId, CAMPAIGN_PAUSED)),
  react("campaign.updated", (unit, { data }) => followPlan(unit, data.campaignId, data.changed)),
  react("campaign.duplicated", (unit, { data }) =>
    copyPosts(unit, data.sourceId, data.campaignId, data.shiftMs),
  ),
];
