/** Writing posts: what an author makes, plans, changes, approves and calls off before they start. */
import { requireTopic } from "../audience/index.ts";
import { type Campaign, keepCampaign } from "../campaigns/index.ts";
import { rescheduleJob } from "../kernel/jobs/store.ts";
import type { Unit } from "../kernel/unit.ts";
import { validationError } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { toJson } from "../storage/columns.ts";
import type { UnknownPolicy } from "./delivery.ts";
import type { CheckedPost, CheckedPostChange } from "./post.ts";
import { planStart, startPostJob } from "./post-jobs.ts";
import {
  insertPost,
  localTimeColumns,
  nextSequence,
  type PostRow,
  selectPost,
  updatePost,
} from "./posts-store.ts";
import { channelNamed } from "./prepared-posts.ts";

/** In which states a post has not started. */
const NOT_STARTED = ["draft", "planned", "awaiting-approval"] as const;

/** Adds a post to a campaign. Its content has been checked. */
export async function createPost(
  unit: Unit,
  campaignId: string,
  given: CheckedPost,
  content: object,
): Promise<PostRow> {
  const campaign = await keepCampaign(unit, campaignId);
  const ending = campaign.completingSince === null ? null : "completing";
  const over = campaign.state === "completed" || campaign.state === "cancelled" ? campaign.state : ending;
  if (over !== null) {
    throw new CampaignKitError(
      "CONFLICT",
      `The campaign "${campaign.name}" is ${over}; add the post to a duplicate of it.`,
      { entity: "campaign", id: campaign.id, reason: over },
    );
  }
  const { localTime = null, quietHours = null, topic = null, purpose } = given;
  checkReach(unit, given.channel, { localTime, quietHours });
  await checkTopic(unit, given.channel, { topic, purpose });
  const post = await insertPost(unit.db, {
    id: unit.newId(),
    workspaceId: unit.workspaceId,
    campaignId: campaign.id,
    channel: given.channel,
    draft: given.draft,
    role: given.role,
    sequence: given.sequence ?? (await nextSequence(unit.db, unit.workspaceId, campaign.id)),
    purpose,
    topic,
    onUnknown: policyFor(channelNamed(unit.kernel, given.channel).idempotency, given.onUnknown),
    content,
    scheduledAt: given.scheduledAt?.getTime() ?? null,
    localTime,
    quietHours,
    now: unit.now,
  });
  if (campaign.state === "active" && post.state === "planned") planStart(unit, post);
  unit.record("post.created", aboutPost(post));
  return post;
}

/** Changes a post that has not started; `content` has been checked, and is `null` when it stays. */
export async function changePost(
  unit: Unit,
  postId: string,
  given: CheckedPostChange,
  content: object | null,
): Promise<PostRow> {
  const { current, campaign } = await keepPost(unit, postId);
  const { localTime, quietHours, topic = current.topic, purpose = current.purpose } = given;
  checkReach(unit, current.channel, { localTime, quietHours });
  const aims = topic !== current.topic || purpose !== current.purpose;
  if (aims) await checkTopic(unit, current.channel, { topic, purpose });
  // What an approver has seen: the words, and who may get them.
  const reviewed = content !== null || aims;
  const row = await changeVersion(unit, current, given.version, {
    ...(content === null ? {} : { content: toJson(content) }),
    ...(reviewed ? { content_version: current.content_version + 1 } : {}),
    ...(given.scheduledAt === undefined ? {} : { scheduled_at: given.scheduledAt?.getTime() ?? null }),
    ...(localTime === undefined ? {} : localTimeColumns(localTime)),
    ...(quietHours === undefined ? {} : { quiet_hours: quietHours === null ? null : toJson(quietHours) }),
    ...(given.role === undefined ? {} : { role: given.role }),
    ...(given.sequence === undefined ? {} : { sequence: given.sequence }),
    purpose,
    topic,
    ...(reviewed && current.state === "awaiting-approval" ? { state: "planned" as const } : {}),
  });
  await replan(unit, row, campaign);
  const { subject, data } = aboutPost(row);
  const changed = Object.keys(given).filter((key) => key !== "version" && key !== "channel");
  unit.record("post.updated", { subject, data: { ...data, changed } });
  return row;
}

/** Plans a draft. */
export async function planPost(unit: Unit, postId: string): Promise<PostRow> {
  const { current, campaign } = await keepPost(unit, postId);
  const row = await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: current.id, states: ["draft"] },
    { state: "planned", updated_at: unit.now },
  );
  if (row === undefined) throw postConflict(current, "only a draft can be planned");
  await replan(unit, row, campaign);
  unit.record("post.planned", aboutPost(row));
  return row;
}

/** Takes a post that has not started out of the plan. */
export async function cancelPost(unit: Unit, postId: string): Promise<PostRow> {
  const { current } = await keepPost(unit, postId);
  const row = await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: current.id, states: NOT_STARTED },
    { state: "cancelled", finished_at: unit.now, updated_at: unit.now },
  );
  if (row === undefined) throw postConflict(current, "only a post that has not started can be taken out");
  await dropStart(unit, row);
  unit.record("post.cancelled", aboutPost(row));
  return row;
}

/** Approves the present content; a post that waited for it is planned again. */
export async function approvePost(unit: Unit, postId: string, version: number): Promise<PostRow> {
  const { current, campaign } = await keepPost(unit, postId);
  const waited = current.state === "awaiting-approval";
  const row = await changeVersion(unit, current, version, {
    approved_by: unit.actor,
    approved_at: unit.now,
    approved_version: current.content_version,
    ...(waited ? { state: "planned" as const } : {}),
  });
  if (waited) await replan(unit, row, campaign);
  unit.record("post.approved", aboutPost(row));
  return row;
}

/** What every activity of a post says. */
export function aboutPost(post: PostRow) {
  return {
    subject: { type: "post", id: post.id },
    data: { postId: post.id, campaignId: post.campaign_id, channel: post.channel },
  } as const;
}

/** The post can't be changed so in its state. */
export function postConflict(post: PostRow, reason: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError("CONFLICT", `The post is "${post.state}": ${reason}.`, {
    entity: "post",
    id: post.id,
    reason,
  });
}

/** The post, and its campaign kept in its state: a launch or a pause comes before this change or after it. */
async function keepPost(
  unit: Unit,
  postId: string,
): Promise<{ readonly current: PostRow; readonly campaign: Campaign }> {
  const { campaign_id } = await selectPost(unit.db, unit.workspaceId, postId);
  const campaign = await keepCampaign(unit, campaign_id);
  return { current: await selectPost(unit.db, unit.workspaceId, postId), campaign };
}

/** @throws {VALIDATION_FAILED} for a topic that a post on that channel can't be about. */
async function checkTopic(
  unit: Unit,
  channel: string,
  { topic, purpose }: Pick<PostRow, "topic" | "purpose">,
): Promise<void> {
  if (topic === null) return;
  const { address } = channelNamed(unit.kernel, channel);
  await requireTopic(unit.db, { workspaceId: unit.workspaceId, topic, address, purpose });
}

/** @throws {VALIDATION_FAILED} for times by the clocks of contacts, of a post that goes to none. */
function checkReach(
  unit: Unit,
  channel: string,
  given: Pick<CheckedPostChange, "localTime" | "quietHours">,
): void {
  const timed = (["localTime", "quietHours"] as const).filter(
    (field) => given[field] !== undefined && given[field] !== null,
  );
  if (timed.length === 0 || channelNamed(unit.kernel, channel).reach === "direct") return;
  const message = `The channel "${channel}" is public: there are no contacts with clocks of their own.`;
  throw validationError(
    "post",
    timed.map((field) => ({ path: [field], message })),
  );
}

async function changeVersion(
  unit: Unit,
  current: PostRow,
  version: number,
  change: Parameters<typeof updatePost>[2],
): Promise<PostRow> {
  const row = await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: current.id, version, states: NOT_STARTED },
    { ...change, updated_at: unit.now },
  );
  if (row !== undefined) return row;
  if (current.version === version)
    throw postConflict(current, "only a post that has not started can be changed");
  throw new CampaignKitError(
    "STALE_VERSION",
    `The post changed since version ${version} was read; read it again and repeat the change.`,
    { entity: "post", id: current.id, expected: version, actual: current.version },
  );
}

/** Keeps the start of a planned post of a live campaign at its time. */
async function replan(unit: Unit, row: PostRow, campaign: Campaign): Promise<void> {
  await dropStart(unit, row);
  if (campaign.state === "active" && row.state === "planned") planStart(unit, row);
}

function dropStart(unit: Unit, { id }: PostRow): Promise<void> {
  return rescheduleJob(unit.db, { workspaceId: unit.workspaceId, kind: startPostJob.name, key: id }, null);
}

/** What an unknown outcome leads to: the channel's ability first, the caller's wish where it has none. */
function policyFor(idempotency: "native" | "lookup" | "none", wish: "hold" | "retry"): UnknownPolicy {
  return idempotency === "native" ? "idempotent" : idempotency === "lookup" ? "lookup" : wish;
}
