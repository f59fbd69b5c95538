/** Starting a post: its deliveries are written page by page, so that no audience is ever held in memory, and a crash resumes at its page. */
import { keepSegmentSets, segmentSetOf } from "../analytics/index.ts";
import { countRecipients, refreshSegments, selectRecipients } from "../audience/index.ts";
import { type Campaign, keepCampaign, loadCampaign } from "../campaigns/index.ts";
import { handleJob, type JobRun } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies } from "../policies/index.ts";
import type { AddressKind } from "../ports/channel.ts";
import { insertDeliveries, type NewDelivery } from "./deliveries-store.ts";
import { insertDispatch, lockDispatch, wakeDispatch } from "./dispatches-store.ts";
import { hasChannel, leaveToOthers } from "./missing-channels.ts";
import { type FanOutJob, fanOutJob, startPostJob } from "./post-jobs.ts";
import { addZoneFallbacks, isApproved, type PostRow, selectPost, updatePost } from "./posts-store.ts";
import { channelNamed } from "./prepared-posts.ts";
import { insertReady } from "./ready-store.ts";
import { timingOf } from "./timing.ts";

const PAGE = 500;

/** Opens the dispatch of a planned post and orders its fan-out; or leaves it waiting for an approval. */
async function startPost(unit: Unit, post: PostRow, campaign: Campaign): Promise<void> {
  if (!isLive(campaign)) return;
  const channel = channelNamed(unit.kernel, post.channel);
  if (channel.reach === "direct" && (await needsApproval(unit, post, campaign))) {
    await updatePost(
      unit.db,
      { workspaceId: unit.workspaceId, id: post.id, states: ["planned"] },
      { state: "awaiting-approval", updated_at: unit.now },
    );
    unit.record("post.approval-required", {
      subject: { type: "post", id: post.id },
      data: { postId: post.id, campaignId: campaign.id, channel: post.channel },
    });
    return;
  }
  const started = await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: post.id, states: ["planned", "awaiting-approval"] },
    { state: "sending", started_at: unit.now, updated_at: unit.now },
  );
  if (started === undefined) return;
  await insertDispatch(unit, post, { state: "open", reason: null });
  unit.enqueue(fanOutJob, {
    payload: { postId: post.id, segmentIds: campaign.segmentIds, after: null },
    key: post.id,
  });
  unit.record("post.started", {
    subject: { type: "post", id: post.id },
    data: { postId: post.id, campaignId: post.campaign_id, channel: post.channel },
  });
}

async function needsApproval(unit: Unit, post: PostRow, campaign: Campaign): Promise<boolean> {
  if (isApproved(post)) return false;
  const { approvalRequiredAbove } = await loadPolicies(unit.db, unit.workspaceId);
  if (approvalRequiredAbove === null) return false;
  const audience = await countRecipients(unit.db, {
    workspaceId: unit.workspaceId,
    segmentIds: campaign.segmentIds,
  });
  return audience > approvalRequiredAbove;
}

/** Whether posts of the campaign may start. */
function isLive(campaign: Campaign): boolean {
  return campaign.state === "active" && campaign.completingSince === null;
}

/** Starts posts that have fallen due. */
export const startPostHandler = handleJob(startPostJob, async (job) => {
  const { post, campaign } = await job.scope.read("delivery:read", async (db) => {
    const post = await selectPost(db, job.scope.workspaceId, job.payload.postId);
    return { post, campaign: await loadCampaign(db, job.scope.workspaceId, post.campaign_id) };
  });
  if (post.state === "planned" && isLive(campaign) && !hasChannel(job.kernel, post.channel))
    return leaveToOthers(job, post);
  await job.step({ next: "continue" }, async (unit) => {
    if (post.state === "planned") await refreshSegments(unit, campaign.segmentIds);
  });
  await job.step({ next: "finish" }, async (unit) => {
    const campaign = await keepCampaign(unit, post.campaign_id);
    const current = await selectPost(unit.db, unit.workspaceId, post.id);
    if (current.state === "planned") await startPost(unit, current, campaign);
  });
});

/** Writes deliveries until the audience is through. */
export const fanOutHandler = handleJob(fanOutJob, async (job) => {
  const post = await job.scope.read("delivery:read", (db) =>
    selectPost(db, job.scope.workspaceId, job.payload.postId),
  );
  if (post.state !== "sending") return;
  if (!hasChannel(job.kernel, post.channel)) return leaveToOthers(job, post);
  const { address } = channelNamed(job.kernel, post.channel);
  if (address === undefined) {
    await job.step({ next: "finish" }, (unit) => fanOutPublic(unit, post));
    return;
  }
  for (let after = job.payload.after; !job.signal.aborted; ) {
    const last: string | null = await fanOutPage(job, post, address, after);
    if (last === null) break;
    after = last;
  }
  if (job.signal.aborted)
    return job.step({ next: "rest", until: job.kernel.runtime.clock.now() }, async () => undefined);
  await job.step({ next: "finish" }, (unit) => markFannedOut(unit, post));
});

/** One page: read, then written with the job's new place in the same step. Returns the place, or null at the end. */
async function fanOutPage(
  job: JobRun<FanOutJob>,
  post: PostRow,
  address: AddressKind,
  after: string | null,
): Promise<string | null> {
  const { segmentIds } = job.payload;
  const { page, campaign, policies } = await job.scope.read("delivery:read", async (db) => {
    const campaign = await loadCampaign(db, job.scope.workspaceId, post.campaign_id);
    const policies = await loadPolicies(db, job.scope.workspaceId);
    const page = await selectRecipients(db, {
      workspaceId: job.scope.workspaceId,
      segmentIds,
      address,
      purpose: post.purpose,
      requireConsent: policies.requireConsent,
      wishes: { topic: post.topic, now: job.kernel.runtime.clock.now() },
      after,
      limit: PAGE,
    });
    return { page, campaign, policies };
  });
  const last = page.at(-1)?.contactId ?? null;
  if (last === null) return null;
  return job.step(
    { next: "continue", payload: { postId: post.id, segmentIds, after: last } },
    async (unit) => {
      // A cancelled post ends where it is: what was written is skipped with its reason, nothing more is added.
      const dispatch = await lockDispatch(unit, post.id);
      if (dispatch === undefined || dispatch === "closed") return null;
      const timing = timingOf(post, campaign, policies, unit.now);
      const deliveries = page.map(({ contactId, segmentIds, skip, timeZone }): TimedDelivery => {
        const { opensAt, fallback } = timing.windowOf(timeZone);
        return {
          id: unit.newId(),
          contactId,
          segmentSet: segmentSetOf(segmentIds),
          state: skip === null ? "pending" : "skipped",
          reason: skip ?? "",
          dueAt: opensAt,
          fallback,
        };
      });
      await addDeliveries(unit, post, deliveries);
      // Kept with the delivery: who leaves a segment later has been written to as its member all the same.
      const sets = new Map(
        page.map((recipient) => [segmentSetOf(recipient.segmentIds), recipient.segmentIds]),
      );
      await keepSegmentSets(unit, [...sets.values()]);
      return last;
    },
  );
}

async function fanOutPublic(unit: Unit, post: PostRow): Promise<void> {
  const dispatch = await lockDispatch(unit, post.id);
  if (dispatch === undefined || dispatch === "closed") return;
  await addDeliveries(unit, post, [
    {
      id: unit.newId(),
      contactId: null,
      segmentSet: null,
      state: "pending",
      reason: "",
      dueAt: unit.now,
      fallback: false,
    },
  ]);
  await markFannedOut(unit, post);
}

/** A delivery about to be written, and when it may go out. */
interface TimedDelivery extends NewDelivery {
  readonly dueAt: number;
  /** Whether the campaign's zone stood in for the contact's. */
  readonly fallback: boolean;
}

async function addDeliveries(unit: Unit, post: PostRow, deliveries: readonly TimedDelivery[]): Promise<void> {
  const added = await insertDeliveries(unit, post, deliveries);
  const ready = deliveries.filter(({ id, state }) => added.has(id) && state === "pending");
  await insertReady(unit, post.id, ready);
  await addZoneFallbacks(unit, post.id, ready.filter(({ fallback }) => fallback).length);
  unit.wakeAfterCommit("delivery");
}

async function markFannedOut(unit: Unit, post: PostRow): Promise<void> {
  await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: post.id, states: ["sending"] },
    { fanned_out: true, updated_at: unit.now },
  );
  await wakeDispatch(unit, post.id, unit.now);
  unit.wakeAfterCommit("delivery");
}
